#pragma once

#include <string>
#include <string_view>

namespace tributary::document_index {

/// The FTS5 expression for "all these words occur": every word quoted, so that nothing in it is
/// syntax. Empty where `text` has no words.
std::string match_expression(std::string_view text);

}  // namespace tributary::document_index
