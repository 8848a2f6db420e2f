#include "base/file.h"

#include <array>
#include <cerrno>
#include <cstdio>
#include <fmt/format.h>
#include <memory>
#include <system_error>

namespace tributary {
namespace {

std::unexpected<Error> cannot_read(const std::string& path, const std::string& why) {
    return fail(ErrorCode::invalid_input,
                fmt::format("cannot read the file \"{}\": {}.", path, why));
}

std::string reason_of(int number) {
    return std::generic_category().message(number);
}

}  // namespace

// Not a stream of the standard library: its iterators throw at what is no file.
Result<std::string> read_file(const std::string& path, std::size_t max_bytes) {
    const auto close = [](std::FILE* file) { std::fclose(file); };
    const std::unique_ptr<std::FILE, decltype(close)> file(std::fopen(path.c_str(), "rbe"), close);
    if (!file) return cannot_read(path, reason_of(errno));
    std::string content;
    std::array<char, 65'536> piece{};
    while (content.size() <= max_bytes) {
        const std::size_t size = std::fread(piece.data(), 1, piece.size(), file.get());
        if (size == 0 && std::ferror(file.get()) != 0) return cannot_read(path, reason_of(errno));
        if (size == 0) return content;
        content.append(piece.data(), size);
    }
    return cannot_read(path, fmt::format("it has more than {} bytes", max_bytes));
}

}  // namespace tributary
