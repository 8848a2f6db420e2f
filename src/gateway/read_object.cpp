#include "gateway/read_object.h"

namespace tributary::gateway {

Result<std::string> read_all(object_store::ObjectStream& stream) {
    std::string content(stream.info().size, '\0');
    for (std::size_t read = 0; read < content.size();) {
        const auto got = stream.read(content.data() + read, content.size() - read);
        if (!got) return std::unexpected(got.error());
        if (*got == 0) {
            return fail(ErrorCode::unavailable, "The object ended before its size; ask again.");
        }
        read += *got;
    }
    return content;
}

Result<std::string> read_object(object_store::ObjectStore& store,
                                const object_store::ObjectId& object) {
    const auto stream = store.open(object, "", 0);
    if (!stream) return std::unexpected(stream.error());
    return read_all(**stream);
}

}  // namespace tributary::gateway
