#include "event_log/embedded/group_table.h"

#include <fmt/format.h>

#include "event_log/embedded/log_database.h"

namespace tributary::event_log {
Result<std::int64_t> GroupTable::join(const std::vector<std::string>& topics, Timestamp now,
                                      std::chrono::milliseconds lease) {
    auto done =
        database_.run("INSERT OR IGNORE INTO groups VALUES (?1, 0, ?2)", group_, stored_time(now));
    if (!done) return std::unexpected(done.error());
    // What a group reads changes when it begins anew; beside other members topics are only added.
    done = database_.run(
        "DELETE FROM group_topics WHERE group_name = ?1 AND NOT EXISTS "
        "(SELECT 1 FROM members WHERE group_name = ?1)",
        group_);
    if (!done) return std::unexpected(done.error());

    done = database_.run("INSERT INTO members (group_name, renewed_at, lease) VALUES (?1, ?2, ?3)",
                         group_, stored_time(now), lease.count());
    if (!done) return std::unexpected(done.error());
    const auto member = database_.last_insert_row();
    for (const auto& topic : topics) {
        done = database_.run("INSERT OR IGNORE INTO subscriptions VALUES (?1, ?2)", member, topic);
        if (!done) return std::unexpected(done.error());
        done = database_.run("INSERT OR IGNORE INTO group_topics VALUES (?1, ?2)", group_, topic);
        if (!done) return std::unexpected(done.error());
    }
    if (done = note_sign_of_life(now); !done) return std::unexpected(done.error());
    if (done = bump_generation(); !done) return std::unexpected(done.error());
    return member;
}

Result<bool> GroupTable::renew(std::int64_t member, Timestamp now,
                               std::chrono::milliseconds lease) {
    auto renewed = database_.run("UPDATE members SET renewed_at = ?2, lease = ?3 WHERE id = ?1",
                                 member, stored_time(now), lease.count());
    if (!renewed) return std::unexpected(renewed.error());
    return database_.changes() > 0;
}

Result<std::size_t> GroupTable::expel_silent_members(std::int64_t member, Timestamp now) {
    // A lease that begins far in the future was given before the clock went back.
    auto rows = database_.query(
        "SELECT id, renewed_at FROM members WHERE group_name = ?1 AND id <> ?2 "
        "AND abs(?3 - renewed_at) >= lease",
        group_, member, stored_time(now));
    if (!rows) return std::unexpected(rows.error());
    std::vector<std::pair<std::int64_t, Timestamp>> silent;
    while (true) {
        const auto found = rows->next();
        if (!found) return std::unexpected(found.error());
        if (!*found) break;
        silent.emplace_back(rows->int64(0), Timestamp(std::chrono::milliseconds(rows->int64(1))));
    }
    for (const auto& [id, last_seen] : silent) {
        if (auto removed = remove(id, last_seen); !removed) {
            return std::unexpected(removed.error());
        }
    }
    return silent.size();
}

Result<void> GroupTable::remove(std::int64_t member, Timestamp now) {
    for (const auto* sql :
         {"DELETE FROM members WHERE id = ?1", "DELETE FROM subscriptions WHERE member = ?1"}) {
        if (auto done = database_.run(sql, member); !done) return done;
    }
    auto done =
        database_.run("DELETE FROM owners WHERE group_name = ?1 AND member = ?2", group_, member);
    if (!done) return done;
    if (done = note_sign_of_life(now); !done) return done;
    return bump_generation();
}

Result<std::int64_t> GroupTable::generation() {
    auto rows = database_.query("SELECT generation FROM groups WHERE name = ?1", group_);
    if (!rows) return std::unexpected(rows.error());
    const auto found = rows->next();
    if (!found) return std::unexpected(found.error());
    return *found ? rows->int64(0) : 0;
}

Result<GroupView> GroupTable::view() {
    GroupView view;
    const auto generation = this->generation();
    if (!generation) return std::unexpected(generation.error());
    view.generation = *generation;

    auto subscribers = database_.query(
        "SELECT s.topic, m.id FROM members m JOIN subscriptions s ON s.member = m.id "
        "WHERE m.group_name = ?1 ORDER BY s.topic, m.id",
        group_);
    if (!subscribers) return std::unexpected(subscribers.error());
    while (true) {
        const auto found = subscribers->next();
        if (!found) return std::unexpected(found.error());
        if (!*found) break;
        view.subscribers[std::string(subscribers->text(0))].push_back(subscribers->int64(1));
    }

    auto partitions = database_.query(
        "SELECT p.id, p.topic, p.partition, o.member FROM partitions p "
        "LEFT JOIN owners o ON o.group_name = ?1 AND o.partition_id = p.id "
        "WHERE p.topic IN (SELECT s.topic FROM members m JOIN subscriptions s ON s.member = m.id "
        "                  WHERE m.group_name = ?1) ORDER BY p.topic, p.partition",
        group_);
    if (!partitions) return std::unexpected(partitions.error());
    while (true) {
        const auto found = partitions->next();
        if (!found) return std::unexpected(found.error());
        if (!*found) return view;
        auto& partition = view.partitions.emplace_back();
        partition.id = partitions->int64(0);
        partition.name = {std::string(partitions->text(1)),
                          static_cast<std::int32_t>(partitions->int64(2))};
        if (!partitions->is_null(3)) partition.owner = partitions->int64(3);
    }
}

Result<void> GroupTable::release(std::int64_t member,
                                 const std::vector<GroupPartition>& partitions) {
    for (const auto& partition : partitions) {
        auto done = database_.run(
            "DELETE FROM owners WHERE group_name = ?1 AND partition_id = ?2 AND member = ?3",
            group_, partition.id, member);
        if (!done) return done;
    }
    return bump_generation();
}

Result<void> GroupTable::claim(std::int64_t member, const std::vector<GroupPartition>& partitions) {
    for (const auto& partition : partitions) {
        auto done =
            database_.run("INSERT INTO owners VALUES (?1, ?2, ?3)", group_, partition.id, member);
        if (!done) return done;
    }
    return {};
}

Result<bool> GroupTable::owns(std::int64_t member, std::int64_t partition_id) {
    auto rows = database_.query(
        "SELECT 1 FROM owners WHERE group_name = ?1 AND partition_id = ?2 AND member = ?3", group_,
        partition_id, member);
    if (!rows) return std::unexpected(rows.error());
    return rows->next();
}

Result<CommittedOffset> GroupTable::start_of(const TopicPartition& partition) {
    const auto row = find_partition(database_, partition);
    if (!row) return std::unexpected(row.error());
    auto committed = find_committed(database_, group_, row->id);
    if (committed || committed.error().code != ErrorCode::not_found) return committed;
    const auto first = first_offset(database_, *row);
    if (!first) return std::unexpected(first.error());
    return CommittedOffset{*first, {}};
}

Result<void> GroupTable::store_offset(std::int64_t partition_id, const CommittedOffset& committed) {
    return database_.run("INSERT OR REPLACE INTO offsets VALUES (?1, ?2, ?3, ?4)", group_,
                         partition_id, committed.offset, committed.metadata);
}

Result<void> GroupTable::bump_generation() {
    return database_.run("UPDATE groups SET generation = generation + 1 WHERE name = ?1", group_);
}

Result<void> GroupTable::note_sign_of_life(Timestamp at) {
    return database_.run("UPDATE groups SET last_seen = max(last_seen, ?2) WHERE name = ?1", group_,
                         stored_time(at));
}

Result<CommittedOffset> find_committed(sqlite::Database& database, const std::string& group,
                                       std::int64_t partition_id) {
    auto rows = database.query(
        "SELECT next_offset, metadata FROM offsets WHERE group_name = ?1 AND partition_id = ?2",
        group, partition_id);
    if (!rows) return std::unexpected(rows.error());
    const auto found = rows->next();
    if (!found) return std::unexpected(found.error());
    if (!*found) {
        return fail(ErrorCode::not_found,
                    fmt::format("The group '{}' has committed nothing for this partition.", group));
    }
    return CommittedOffset{rows->int64(0), std::string(rows->text(1))};
}

}  // namespace tributary::event_log
