#include <algorithm>
#include <boost/json.hpp>
#include <fmt/format.h>

#include "ledger/ledger.h"

namespace tributary::ledger {
namespace {

namespace json = boost::json;

struct Totals {
    std::int64_t records = 0;
    std::int64_t indexed = 0;
    std::int64_t duplicates = 0;
    std::int64_t dead_lettered = 0;
    std::int64_t missing = 0;
    std::int64_t in_flight = 0;
};

Totals totals_of(const std::vector<PartitionBalance>& accounts) {
    Totals totals;
    for (const PartitionBalance& account : accounts) {
        totals.records += account.records();
        totals.indexed += account.counts.indexed;
        totals.duplicates += account.counts.duplicates;
        totals.dead_lettered += account.counts.dead_lettered;
        totals.missing += account.counts.missing;
        totals.in_flight += account.in_flight();
    }
    return totals;
}

json::object json_of(const Totals& totals) {
    return {{"records", totals.records},       {"indexed", totals.indexed},
            {"duplicates", totals.duplicates}, {"dead_lettered", totals.dead_lettered},
            {"missing", totals.missing},       {"in_flight", totals.in_flight}};
}

json::array json_of(const std::vector<std::string>& sentences) {
    return json::array(sentences.begin(), sentences.end());
}

json::object json_of(const PartitionBalance& account) {
    json::object object{{"topic", account.partition.topic},
                        {"partition", account.partition.partition},
                        {"first", account.first},
                        {"base", account.counts.base},
                        {"end", account.end},
                        {"committed", nullptr}};
    if (account.committed) object["committed"] = *account.committed;
    for (const auto& [name, number] : json_of(totals_of({account}))) object[name] = number;
    object["documents"] = account.documents;
    object["dead_letters"] = account.dead_letters;
    object["differences"] = json_of(account.differences);
    object["notes"] = json_of(account.notes);
    return object;
}

template <class Name>
std::string line(const Name& name, const Totals& totals, std::string_view committed) {
    return fmt::format("{:<16} {:>10} {:>10} {:>10} {:>12} {:>10} {:>10}\n", name, totals.records,
                       totals.indexed, totals.duplicates, totals.dead_lettered, totals.in_flight,
                       committed);
}

std::string name_of(const PartitionBalance& account) {
    return fmt::format("{}/{}", account.partition.topic, account.partition.partition);
}

}  // namespace

std::string to_json(const Ledger& ledger) {
    json::array partitions;
    for (const PartitionBalance& account : ledger.partitions) {
        partitions.push_back(json_of(account));
    }
    const json::object object{{"group", ledger.group},
                              {"balanced", ledger.is_balanced()},
                              {"totals", json_of(totals_of(ledger.partitions))},
                              {"partitions", std::move(partitions)}};
    return json::serialize(object);
}

std::string render_text(const Ledger& ledger) {
    std::string text = fmt::format("Ledger of group '{}'\n\n", ledger.group);
    text +=
        fmt::format("{:<16} {:>10} {:>10} {:>10} {:>12} {:>10} {:>10}\n", "partition", "records",
                    "indexed", "duplicates", "dead letters", "in flight", "committed");
    for (const PartitionBalance& account : ledger.partitions) {
        text += line(name_of(account), totals_of({account}),
                     account.committed ? std::to_string(*account.committed) : "-");
    }
    text += line("total", totals_of(ledger.partitions), "") + "\n";
    for (const PartitionBalance& account : ledger.partitions) {
        for (const auto& sentence : account.differences) {
            text += fmt::format("difference in {}: {}\n", name_of(account), sentence);
        }
        for (const auto& sentence : account.notes) {
            text += fmt::format("note on {}: {}\n", name_of(account), sentence);
        }
    }
    return text + fmt::format("balanced: {}\n", ledger.is_balanced() ? "yes" : "no");
}

}  // namespace tributary::ledger
