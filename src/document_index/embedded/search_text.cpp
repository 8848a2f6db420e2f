#include "document_index/embedded/search_text.h"

namespace tributary::document_index {
namespace {

/// Everything up to the space; NUL too, which would end the expression for SQLite.
bool is_separator(char byte) {
    return static_cast<unsigned char>(byte) <= ' ';
}

}  // namespace

std::string match_expression(std::string_view text) {
    std::string expression;
    bool in_word = false;
    for (const char byte : text) {
        if (is_separator(byte) == in_word) {
            if (!in_word && !expression.empty()) expression += ' ';
            expression += '"';
            in_word = !in_word;
        }
        if (!in_word) continue;
        if (byte == '"') expression += '"';
        expression += byte;
    }
    if (in_word) expression += '"';
    return expression;
}

}  // namespace tributary::document_index
