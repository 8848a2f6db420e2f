#pragma once

#include <boost/json.hpp>
#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "document_index/document_index.h"

namespace tributary::indexing {

/// The tests' index: keeps documents as a real one would, unless a rule says otherwise. Answers at
/// once, or when `release` is called.
class ScriptedIndex final : public document_index::Writer {
public:
    using Document = document_index::Document;
    using Rule = std::function<document_index::WriteOutcome(const Document&)>;
    using Key = std::pair<std::string, std::string>;  // index, id

    /// What becomes of single documents; call `keep` for the normal way.
    void decide(Rule rule) { rule_ = std::move(rule); }
    /// Whole requests fail until `recover`.
    void fail_requests(ErrorCode code, std::string message) { failure_ = Error(code, message); }
    void recover() { failure_.reset(); }
    void set_ready(Result<void> ready) { ready_ = std::move(ready); }

    void hold() { is_holding_ = true; }
    /// Answers held requests, the last one first: out of order.
    void release() {
        is_holding_ = false;
        while (!held_.empty()) {
            auto held = std::move(held_.back());
            held_.pop_back();
            held.done(std::move(held.outcomes));
        }
    }
    /// Answers one of the held requests.
    void release_one(std::size_t which) {
        auto held = std::move(held_[which]);
        held_.erase(held_.begin() + static_cast<std::ptrdiff_t>(which));
        held.done(std::move(held.outcomes));
    }
    std::size_t held() const { return held_.size(); }

    document_index::WriteOutcome keep(const Document& document) {
        const Key key{document.index, document.id};
        const auto found = documents.find(key);
        if (document.operation == Document::Operation::create && found != documents.end()) {
            const auto stored = boost::json::parse(found->second);
            const auto& kafka = stored.at("kafka");
            return document_index::AlreadyExists{
                std::string(stored.at("pipeline").at("digest").as_string()),
                {std::string(kafka.at("topic").as_string()),
                 kafka.at("partition").to_number<std::int32_t>(),
                 kafka.at("offset").to_number<std::int64_t>()},
                boost::json::serialize(stored.at("data"))};
        }
        documents[key] = document.json;
        return document_index::Created{};
    }

    void write(std::vector<Document> sent, Done done) override {
        bulk_sizes.push_back(sent.size());
        Outcomes outcomes;
        if (failure_) {
            outcomes = std::unexpected(*failure_);
        } else {
            for (const Document& document : sent) {
                outcomes->push_back(rule_ ? rule_(document) : keep(document));
            }
        }
        if (is_holding_) {
            held_.push_back({std::move(outcomes), std::move(done)});
        } else {
            done(std::move(outcomes));
        }
    }
    [[nodiscard]] Result<void> ready() const override { return ready_; }

    std::map<Key, std::string> documents;
    std::vector<std::size_t> bulk_sizes;  ///< Of every request so far.

private:
    struct Held {
        Outcomes outcomes;
        Done done;
    };
    Rule rule_;
    std::optional<Error> failure_;
    Result<void> ready_;
    bool is_holding_ = false;
    std::deque<Held> held_;
};

}  // namespace tributary::indexing
