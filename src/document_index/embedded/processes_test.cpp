#include <gtest/gtest.h>
#include <signal.h>
#include <string>
#include <sys/wait.h>
#include <unistd.h>

#include "document_index/contract/fixture.h"
#include "document_index/embedded/embedded_index.h"
#include "document_index/embedded/temporary_directory.h"

/// Several processes on one file. They are forked while the test has no threads.
namespace tributary::document_index {
namespace {

EmbeddedIndexSettings shared_file_settings(const TemporaryDirectory& folder) {
    EmbeddedIndexSettings settings;
    settings.path = folder.file();
    settings.free_space_reserve_bytes = 0;
    return settings;
}

/// Writes documents `<prefix>0` … in bulks of ten; one byte to `pipe` for each bulk that was
/// answered `Created`.
void write_bulks(const EmbeddedIndexSettings& settings, const std::string& prefix, int bulks,
                 int pipe) {
    const auto index = EmbeddedIndex::open(settings);
    if (!index) return;
    const auto writer = (*index)->make_writer();
    for (int bulk = 0; bulk < bulks; ++bulk) {
        std::vector<Document> documents;
        for (int i = bulk * 10; i < bulk * 10 + 10; ++i) {
            const DocumentBuilder order{.id = prefix + std::to_string(i), .sequence = i};
            documents.push_back(order.create("orders-index"));
        }
        if (!write_and_wait(*writer, std::move(documents))) return;
        if (::write(pipe, ".", 1) != 1) return;
    }
}

struct Child {
    pid_t pid;
    int answers;  // Reading end.
};

template <class Body>
Child start(Body body) {
    int ends[2] = {};
    EXPECT_EQ(::pipe(ends), 0);
    const auto pid = ::fork();
    if (pid == 0) {
        ::close(ends[0]);
        body(ends[1]);
        ::_exit(0);
    }
    ::close(ends[1]);
    return {pid, ends[0]};
}

/// How many bulks the child had answered, reading until `enough` or its end.
int count_answers(const Child& child, int enough) {
    char byte = 0;
    int answers = 0;
    while (answers < enough && ::read(child.answers, &byte, 1) == 1) ++answers;
    return answers;
}

TEST(EmbeddedIndexProcesses, WhatWasAnsweredSurvivesKill) {
    const TemporaryDirectory folder;
    const auto settings = shared_file_settings(folder);
    const auto child = start([&](int pipe) { write_bulks(settings, "o", 100'000, pipe); });
    int answered = count_answers(child, 30);
    ::kill(child.pid, SIGKILL);
    ::waitpid(child.pid, nullptr, 0);
    answered += count_answers(child, 1'000'000);
    ::close(child.answers);

    const auto index = EmbeddedIndex::open(settings);
    ASSERT_TRUE(index) << index.error().message;
    const auto searcher = (*index)->make_searcher();
    Query query;
    query.indices = {"orders-index"};
    query.text = "440";
    const auto found = searcher->search(query);
    ASSERT_TRUE(found);
    EXPECT_GE(answered, 30);
    EXPECT_GE(found->total, static_cast<std::uint64_t>(answered) * 10);
    EXPECT_EQ(found->total % 10, 0U) << "half a bulk was kept";
    query.text.clear();
    EXPECT_EQ(searcher->search(query)->total, found->total) << "the count and the words differ";
    for (int i = 0; i < answered * 10; ++i) {
        EXPECT_TRUE(searcher->get("orders-index", "o" + std::to_string(i))) << i;
    }
}

TEST(EmbeddedIndexProcesses, ShareTheFile) {
    const TemporaryDirectory folder;
    const auto settings = shared_file_settings(folder);
    constexpr int kBulks = 50;
    const auto first = start([&](int pipe) { write_bulks(settings, "a", kBulks, pipe); });
    const auto second = start([&](int pipe) { write_bulks(settings, "b", kBulks, pipe); });

    const auto index = EmbeddedIndex::open(settings);
    ASSERT_TRUE(index) << index.error().message;
    const auto searcher = (*index)->make_searcher();
    Query query;
    query.indices = {"orders-index"};
    for (int bulk = 1; bulk <= kBulks; ++bulk) {
        EXPECT_EQ(count_answers(first, 1), 1);
        EXPECT_EQ(count_answers(second, 1), 1);
        const auto page = searcher->search(query);
        ASSERT_TRUE(page) << page.error().message;
        EXPECT_GE(page->total, static_cast<std::uint64_t>(bulk) * 20);
    }
    for (const auto& child : {first, second}) {
        ::waitpid(child.pid, nullptr, 0);
        ::close(child.answers);
    }
    EXPECT_EQ(searcher->search(query)->total, kBulks * 20U);
}

}  // namespace
}  // namespace tributary::document_index
