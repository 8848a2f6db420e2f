#include "ledger/dead_letter_headers.h"

#include <charconv>

namespace tributary::ledger {
namespace {

template <class Number>
std::optional<Number> number_of(std::string_view text) {
    Number number = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (error != std::errc() || end != text.data() + text.size() || number < 0) return std::nullopt;
    return number;
}

}  // namespace

std::optional<LetterOrigin> letter_origin(const event_log::Record& letter) {
    namespace header = dead_letter_header;
    const auto topic = letter.header(header::kOriginTopic);
    const auto partition = number_of<std::int32_t>(letter.header(header::kOriginPartition));
    const auto offset = number_of<std::int64_t>(letter.header(header::kOriginOffset));
    if (topic.empty() || !partition || !offset) return std::nullopt;
    return LetterOrigin{{std::string(topic), *partition}, *offset};
}

}  // namespace tributary::ledger
