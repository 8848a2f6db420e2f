#include "base/uuid.h"

#include <algorithm>
#include <boost/uuid/name_generator_sha1.hpp>
#include <boost/uuid/uuid.hpp>
#include <boost/uuid/uuid_io.hpp>

namespace tributary {
namespace {

/// Never change it: every UUIDv5 that was ever stored hangs on it.
constexpr boost::uuids::uuid kNamespace = {{0x6f, 0x2b, 0x8c, 0x1e, 0x52, 0x9d, 0x4c, 0x0a, 0x9e,
                                            0x57, 0x3d, 0x41, 0xb6, 0xf0, 0x7a, 0x21}};

std::mt19937_64 seeded_from_the_system() {
    std::random_device device;
    std::array<std::uint32_t, 16> words{};
    std::generate(words.begin(), words.end(), std::ref(device));
    std::seed_seq seed(words.begin(), words.end());
    return std::mt19937_64(seed);
}

}  // namespace

std::string uuid_v5(std::string_view name) {
    return to_string(boost::uuids::name_generator_sha1(kNamespace)(name.data(), name.size()));
}

UuidV7::UuidV7(const Clock& clock) : clock_(clock), random_(seeded_from_the_system()) {
}

std::string UuidV7::next() {
    boost::uuids::uuid uuid{};
    {
        const std::scoped_lock lock(mutex_);
        // A clock that stands still or goes back must not break the order (RFC 9562, method 1:
        // 12 bits of counter, and into the next millisecond when they are used up).
        const std::int64_t now = clock_.now().time_since_epoch().count();
        if (now > last_milliseconds_) {
            last_milliseconds_ = now;
            counter_ = static_cast<std::uint32_t>(random_() & 0x7ff);
        } else if (++counter_ > 0xfff) {
            ++last_milliseconds_;
            counter_ = 0;
        }
        for (std::size_t i = 0; i < 6; ++i) {
            uuid.data[i] = static_cast<std::uint8_t>(last_milliseconds_ >> (40 - 8 * i));
        }
        uuid.data[6] = static_cast<std::uint8_t>(0x70 | (counter_ >> 8));
        uuid.data[7] = static_cast<std::uint8_t>(counter_ & 0xff);
        std::uint64_t tail = random_();
        for (std::size_t i = 8; i < 16; ++i, tail >>= 8) {
            uuid.data[i] = static_cast<std::uint8_t>(tail & 0xff);
        }
    }
    uuid.data[8] = static_cast<std::uint8_t>(0x80 | (uuid.data[8] & 0x3f));
    return to_string(uuid);
}

}  // namespace tributary
