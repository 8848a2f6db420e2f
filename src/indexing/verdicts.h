#pragma once

#include <span>
#include <string>
#include <string_view>

#include "document_index/document_index.h"

/// What an answer of the index means for a record: the one table of contract §5.
namespace tributary::indexing {

enum class Verdict {
    created,            ///< Done: a new document.
    redelivery,         ///< Done: this very record was indexed before.
    duplicate,          ///< Done: the same content under the same id.
    id_reused,          ///< Dead letter: other content under the same id.
    mapping_conflict,   ///< Dead letter: a value where the mapping wants another.
    field_limit,        ///< Dead letter: more fields than the index takes.
    invalid_document,   ///< Dead letter: an id or a size that no index takes.
    rejected,           ///< Dead letter: the index blames the document in words of its own.
    undecodable,        ///< Dead letter: the record is no event.
    retries_exhausted,  ///< Dead letter: fails alone while others succeed.
    try_again,          ///< Not done: this item was refused for now.
    environment,        ///< Not done: not the document's fault; nothing can go on.
};

/// What follows from a verdict.
enum class Consequence { indexed, duplicate, dead_letter, retry, wait };

std::span<const Verdict> all_verdicts();
Consequence consequence_of(Verdict verdict);
/// The stable name: metric label and the dead letter's reason.
std::string_view to_string(Verdict verdict);

/// What the index is compared with.
struct SentDocument {
    document_index::Origin origin;
    std::string_view digest;
    std::string_view data;
};

struct Judgement {
    Verdict verdict = Verdict::environment;
    int status = 0;      ///< The index's own, 0 where it gave none.
    std::string detail;  ///< A sentence, unless the verdict is done.
};

/// Judges the answer to one document.
Judgement judge(const document_index::WriteOutcome& outcome, const SentDocument& sent);

}  // namespace tributary::indexing
