#include "document_index/elasticsearch/item_verdict.h"

#include <algorithm>
#include <array>
#include <string_view>

namespace tributary::document_index::elasticsearch {
namespace {

/// The first row that fits decides.
struct Row {
    int status;              // 0: any
    std::string_view type;   // "": any
    std::string_view words;  // in the reason; "": any
    ItemVerdict verdict;
};

using enum ItemVerdict;
constexpr std::array kRows{
    Row{200, "", "", stored},
    Row{201, "", "", stored},
    // A block comes as 403 or, when the disk is full, as 429: it is never one document's.
    Row{0, "cluster_block_exception", "", environment},
    Row{0, "index_closed_exception", "", environment},
    Row{0, "index_not_found_exception", "", environment},
    Row{409, "version_conflict_engine_exception", "", taken},
    Row{408, "", "", try_again},
    Row{429, "", "", try_again},
    Row{400, "mapper_parsing_exception", "", rejected},
    Row{400, "document_parsing_exception", "", rejected},
    Row{400, "strict_dynamic_mapping_exception", "", rejected},
    Row{400, "max_bytes_length_exceeded_exception", "", rejected},
    Row{400, "x_content_parse_exception", "", rejected},
    Row{400, "json_parse_exception", "", rejected},
    // This type says everything and nothing: a missing ingest pipeline has it too.
    Row{400, "illegal_argument_exception", "total fields", rejected},
    Row{400, "illegal_argument_exception", "immense term", rejected},
    Row{400, "illegal_argument_exception", "mapping depth", rejected},
    Row{400, "illegal_argument_exception", "nested documents", rejected},
    Row{400, "illegal_argument_exception", "field name", rejected},
    Row{400, "illegal_argument_exception", "object field starting or ending", rejected},
    Row{400, "illegal_argument_exception", "id is too long", rejected},
};

bool fits(const Row& row, const ItemAnswer& answer) {
    return (row.status == 0 || row.status == answer.status) &&
           (row.type.empty() || row.type == answer.type) &&
           answer.reason.find(row.words) != std::string::npos;
}

}  // namespace

ItemVerdict judge_item(const ItemAnswer& answer) {
    const auto* row =
        std::ranges::find_if(kRows, [&](const Row& candidate) { return fits(candidate, answer); });
    if (row != kRows.end()) return row->verdict;
    return answer.status >= 500 && answer.status <= 599 ? try_again : environment;
}

}  // namespace tributary::document_index::elasticsearch
