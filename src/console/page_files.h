#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "http/message.h"

namespace tributary::console {

/// The console's page as the build put it into the program: compressed once, told apart by ETag.
/// Immutable after it was made; thread-safe.
class PageFiles {
public:
    PageFiles();

    /// False where it was built without Node: there is no page then.
    [[nodiscard]] bool is_there() const { return !files_.empty(); }
    /// The file of that path (`/` is the page itself), or 304; nothing where there is none.
    [[nodiscard]] std::optional<http::Response> find(const http::Request& request) const;

private:
    struct File {
        std::string_view content;
        std::string compressed;
        std::string_view content_type;
        std::string etag;
    };
    void add(const std::string& path, std::string_view name, std::string_view content_type);

    std::map<std::string, File, std::less<>> files_;
};

}  // namespace tributary::console
