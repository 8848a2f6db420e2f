#include "document_index/elasticsearch/item_verdict.h"

#include <gtest/gtest.h>

namespace tributary::document_index::elasticsearch {
namespace {

TEST(ItemVerdict, BlamesTheDocumentOnlyForWhatADocumentCanCause) {
    using enum ItemVerdict;
    const struct {
        ItemAnswer answer;
        ItemVerdict verdict;
    } rows[] = {
        {{201, "", ""}, stored},
        {{200, "", ""}, stored},
        {{409, "version_conflict_engine_exception", "[a]: version conflict"}, taken},
        {{400, "mapper_parsing_exception", "failed to parse"}, rejected},
        {{400, "document_parsing_exception", "failed to parse"}, rejected},
        {{400, "strict_dynamic_mapping_exception", "not allowed"}, rejected},
        {{400, "illegal_argument_exception", "Limit of total fields [1000] exceeded"}, rejected},
        {{400, "illegal_argument_exception", "pipeline with id [x] does not exist"}, environment},
        {{400, "illegal_argument_exception", "no write index is defined for alias"}, environment},
        {{429, "es_rejected_execution_exception", "queue is full"}, try_again},
        {{429, "circuit_breaking_exception", "Data too large"}, try_again},
        {{408, "x", ""}, try_again},
        {{500, "x", ""}, try_again},
        {{503, "unavailable_shards_exception", "primary shard is not active"}, try_again},
        {{404, "index_not_found_exception", "no such index"}, environment},
        {{400, "index_closed_exception", "closed"}, environment},
        {{403, "cluster_block_exception", "index read-only"}, environment},
        {{429, "cluster_block_exception", "flood-stage watermark"}, environment},
        {{503, "cluster_block_exception", "no master"}, environment},
        {{401, "security_exception", "expired"}, environment},
        {{403, "security_exception", "action is unauthorized"}, environment},
        {{400, "some_new_exception", "?"}, environment},
        {{409, "some_new_exception", "?"}, environment},
        {{0, "", ""}, environment},
    };
    for (const auto& [answer, verdict] : rows) {
        EXPECT_EQ(judge_item(answer), verdict)
            << answer.status << ' ' << answer.type << ' ' << answer.reason;
    }
}

}  // namespace
}  // namespace tributary::document_index::elasticsearch
