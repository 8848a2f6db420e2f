#include "object_store/directory/content_hash.h"

#include <array>
#include <cerrno>
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <memory>
#include <openssl/evp.h>
#include <span>
#include <vector>

#include "object_store/directory/object_path.h"

namespace tributary::object_store {
namespace {

constexpr std::size_t kChunkBytes = 256 << 10;

struct FreeContext {
    void operator()(EVP_MD_CTX* context) const { EVP_MD_CTX_free(context); }
};

}  // namespace

Result<std::string> content_hash(const FileDescriptor& file) {
    const std::unique_ptr<EVP_MD_CTX, FreeContext> context(EVP_MD_CTX_new());
    EVP_DigestInit_ex(context.get(), EVP_sha256(), nullptr);
    std::vector<char> chunk(kChunkBytes);
    off_t offset = 0;
    while (true) {
        const ssize_t count = ::pread(file.get(), chunk.data(), chunk.size(), offset);
        if (count < 0 && errno == EINTR) continue;
        if (count < 0) return system_failure("reading", "the file");
        if (count == 0) break;
        EVP_DigestUpdate(context.get(), chunk.data(), static_cast<std::size_t>(count));
        offset += count;
    }
    std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
    unsigned int size = 0;
    EVP_DigestFinal_ex(context.get(), digest.data(), &size);
    return fmt::format("{:02x}", fmt::join(std::span(digest).first(size), ""));
}

}  // namespace tributary::object_store
