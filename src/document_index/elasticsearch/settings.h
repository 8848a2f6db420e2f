#pragma once

#include <chrono>
#include <cstddef>
#include <map>
#include <string>
#include <vector>

#include "event/catalog.h"

namespace tributary::document_index {

struct ElasticsearchSettings {
    /// The cluster's nodes, `http://host:port/prefix` or https. Each connection keeps to one and
    /// goes on to the next where it fails.
    std::vector<std::string> urls;
    std::string api_key;  ///< As Elasticsearch encodes it; goes before user and password.
    std::string user;
    std::string password;
    std::string ca_file;   ///< PEM file of the certificates to trust; empty: the system's.
    bool is_gzip = false;  ///< Compresses bulk requests: less network, more CPU.
    std::chrono::milliseconds connect_timeout{3'000};
    std::chrono::milliseconds write_deadline{30'000};
    std::chrono::milliseconds search_deadline{5'000};
    /// Bulk requests under way at once; each has a thread and a kept connection.
    std::size_t max_in_flight = 4;
    /// How long an idle writer waits until it asks again whether the index can take documents.
    std::chrono::milliseconds probe_interval{5'000};
    /// The longest Retry-After that is believed.
    std::chrono::milliseconds max_retry_after{30'000};
    /// Every index that events are written to, and the fields of `data` that are typed there.
    std::map<std::string, std::vector<event::Field>> indices;
};

}  // namespace tributary::document_index
