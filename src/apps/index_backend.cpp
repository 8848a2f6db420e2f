#include "apps/index_backend.h"

#include <string>
#include <utility>

#include "apps/program.h"
#include "document_index/elasticsearch/elasticsearch_index.h"
#include "document_index/embedded/embedded_index.h"

namespace tributary::apps {
namespace {

/// Both indices make their parts by the same names.
template <class Index>
class OpenedIndex final : public IndexBackend {
public:
    explicit OpenedIndex(std::unique_ptr<Index> index) : index_(std::move(index)) {}
    std::unique_ptr<document_index::Writer> make_writer() override { return index_->make_writer(); }
    std::unique_ptr<document_index::Searcher> make_searcher() override {
        return index_->make_searcher();
    }

private:
    std::unique_ptr<Index> index_;
};

template <class Index>
Result<std::unique_ptr<IndexBackend>> backend_of(Result<std::unique_ptr<Index>> index) {
    if (!index) return std::unexpected(index.error());
    return std::make_unique<OpenedIndex<Index>>(std::move(*index));
}

Result<std::unique_ptr<document_index::EmbeddedIndex>> open_embedded(
    const settings::Settings& settings, const event::Catalog& catalog) {
    const auto folder = make_data_folder(settings);
    if (!folder) return std::unexpected(folder.error());
    document_index::EmbeddedIndexSettings index_settings;
    index_settings.path = *folder + "/index.db";
    for (const event::EntityType& type : catalog.types()) {
        std::vector<std::string>& fields = index_settings.value_fields[type.index];
        for (const event::Field& field : type.fields) fields.push_back("data." + field.name);
    }
    return document_index::EmbeddedIndex::open(std::move(index_settings));
}

Result<std::unique_ptr<document_index::ElasticsearchIndex>> open_elasticsearch(
    const settings::Settings& settings, const event::Catalog& catalog) {
    return document_index::ElasticsearchIndex::open(elasticsearch_settings(settings, catalog));
}

}  // namespace

document_index::ElasticsearchSettings elasticsearch_settings(const settings::Settings& settings,
                                                             const event::Catalog& catalog) {
    document_index::ElasticsearchSettings index_settings;
    index_settings.urls = settings.list("ELASTICSEARCH_URL");
    index_settings.api_key = settings.text("ELASTICSEARCH_API_KEY");
    index_settings.user = settings.text("ELASTICSEARCH_USERNAME");
    index_settings.password = settings.text("ELASTICSEARCH_PASSWORD");
    index_settings.ca_file = settings.text("ELASTICSEARCH_CA_FILE");
    index_settings.is_gzip = settings.boolean("ELASTICSEARCH_GZIP");
    index_settings.max_in_flight = static_cast<std::size_t>(settings.integer("BULK_MAX_IN_FLIGHT"));
    for (const event::EntityType& type : catalog.types()) {
        index_settings.indices[type.index] = type.fields;
    }
    return index_settings;
}

Result<std::unique_ptr<IndexBackend>> open_document_index(const settings::Settings& settings,
                                                          const event::Catalog& catalog) {
    return settings.text("ELASTICSEARCH_URL").empty()
               ? backend_of(open_embedded(settings, catalog))
               : backend_of(open_elasticsearch(settings, catalog));
}

}  // namespace tributary::apps
