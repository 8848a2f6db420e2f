#include "indexing/verdicts.h"

#include <gtest/gtest.h>
#include <set>

namespace tributary::indexing {
namespace {

using document_index::AlreadyExists;
using document_index::Created;
using document_index::Origin;
using document_index::Rejected;
using document_index::TryAgain;
using document_index::WriteOutcome;

struct Row {
    std::string name;
    WriteOutcome outcome;
    Verdict verdict;
    Consequence consequence;
};

const Origin same_record{"orders", 1, 7};
const Origin other_record{"orders", 1, 6};

const std::vector<Row> rows{
    {"Created", Created(), Verdict::created, Consequence::indexed},
    {"SameRecord", AlreadyExists{"digest", same_record, R"({"a":1})"}, Verdict::redelivery,
     Consequence::indexed},
    {"SameRecordSpelledOtherwise", AlreadyExists{"other", same_record, R"({ "a" : 1 })"},
     Verdict::redelivery, Consequence::indexed},
    {"SamePlaceInALogMadeAnew", AlreadyExists{"other", same_record, R"({"a":2})"},
     Verdict::id_reused, Consequence::dead_letter},
    {"SameDigest", AlreadyExists{"digest", other_record, ""}, Verdict::duplicate,
     Consequence::duplicate},
    {"SameValueSpelledOtherwise", AlreadyExists{"other", other_record, R"({ "a" : 1 })"},
     Verdict::duplicate, Consequence::duplicate},
    {"OtherContent", AlreadyExists{"other", other_record, R"({"a":2})"}, Verdict::id_reused,
     Consequence::dead_letter},
    {"StoredContentUnreadable", AlreadyExists{"other", other_record, ""}, Verdict::id_reused,
     Consequence::dead_letter},
    {"Parsing", Rejected{400, "mapper_parsing_exception", "x"}, Verdict::mapping_conflict,
     Consequence::dead_letter},
    {"ParsingSinceEight", Rejected{400, "document_parsing_exception", "x"},
     Verdict::mapping_conflict, Consequence::dead_letter},
    {"StrictMapping", Rejected{400, "strict_dynamic_mapping_exception", "x"},
     Verdict::mapping_conflict, Consequence::dead_letter},
    {"FieldLimit",
     Rejected{400, "illegal_argument_exception", "Limit of total fields [1000] has been exceeded"},
     Verdict::field_limit, Consequence::dead_letter},
    {"InvalidId", Rejected{400, "illegal_argument_exception", "id is too long"},
     Verdict::invalid_document, Consequence::dead_letter},
    {"InvalidRequestItem", Rejected{400, "action_request_validation_exception", "x"},
     Verdict::invalid_document, Consequence::dead_letter},
    {"TooLarge", Rejected{413, "content_too_long", "x"}, Verdict::invalid_document,
     Consequence::dead_letter},
    {"BlamedInOtherWords", Rejected{400, "something_new", "x"}, Verdict::rejected,
     Consequence::dead_letter},
    {"ExpiredKey", Rejected{401, "security_exception", "x"}, Verdict::environment,
     Consequence::wait},
    {"Forbidden", Rejected{403, "cluster_block_exception", "x"}, Verdict::environment,
     Consequence::wait},
    {"IndexMissing", Rejected{404, "index_not_found_exception", "x"}, Verdict::environment,
     Consequence::wait},
    {"ServerErrorAsRejection", Rejected{500, "null_pointer_exception", "x"}, Verdict::environment,
     Consequence::wait},
    {"TooManyRequests", TryAgain{429, "es_rejected_execution_exception"}, Verdict::try_again,
     Consequence::retry},
    {"ShardUnavailable", TryAgain{503, "unavailable_shards_exception"}, Verdict::try_again,
     Consequence::retry},
};

class VerdictTable : public testing::TestWithParam<Row> {};

TEST_P(VerdictTable, JudgesTheAnswer) {
    const auto judgement = judge(GetParam().outcome, {same_record, "digest", R"({"a":1})"});
    EXPECT_EQ(to_string(judgement.verdict), to_string(GetParam().verdict));
    EXPECT_EQ(consequence_of(judgement.verdict), GetParam().consequence);
    if (consequence_of(judgement.verdict) == Consequence::dead_letter) {
        EXPECT_FALSE(judgement.detail.empty());
        EXPECT_NE(judgement.status, 0);
    }
}

INSTANTIATE_TEST_SUITE_P(Rows, VerdictTable, testing::ValuesIn(rows),
                         [](const auto& row) { return row.param.name; });

TEST(Verdicts, HaveNamesOfTheirOwn) {
    std::set<std::string_view> names;
    for (const Verdict verdict : all_verdicts()) names.insert(to_string(verdict));
    EXPECT_EQ(names.size(), all_verdicts().size());
    EXPECT_EQ(to_string(Verdict::environment), "environment");
}

TEST(Verdicts, SayWhereAReusedIdIsTakenFrom) {
    const auto judgement = judge(AlreadyExists{"other", other_record, R"({"a":2})"},
                                 {same_record, "digest", R"({"a":1})"});
    EXPECT_NE(judgement.detail.find("orders partition 1 offset 6"), std::string::npos);
    EXPECT_EQ(judgement.detail.find("made anew"), std::string::npos) << judgement.detail;
}

TEST(Verdicts, SayThatTheLogWasProbablyMadeAnew) {
    const auto judgement =
        judge(AlreadyExists{"other", same_record, ""}, {same_record, "digest", R"({"a":1})"});
    EXPECT_NE(judgement.detail.find("probably deleted and made anew"), std::string::npos)
        << judgement.detail;
}

}  // namespace
}  // namespace tributary::indexing
