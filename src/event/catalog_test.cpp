#include "event/catalog.h"

#include <filesystem>
#include <fstream>
#include <gtest/gtest.h>
#include <unistd.h>

#include "event/schema.h"

namespace tributary::event {
namespace {

class CatalogFileTest : public testing::Test {
protected:
    CatalogFileTest()
        : folder_(std::filesystem::path(testing::TempDir()) /
                  ("catalog_" + std::to_string(getpid()) + "_" +
                   testing::UnitTest::GetInstance()->current_test_info()->name())) {
        std::filesystem::create_directories(folder_);
    }
    ~CatalogFileTest() override { std::filesystem::remove_all(folder_); }

    std::string write(const std::string& name, const std::string& text) {
        std::ofstream(folder_ / name) << text;
        return (folder_ / name).string();
    }
    Result<Catalog> load(const std::string& text) {
        return Catalog::load(write("catalog.yaml", text));
    }

    std::filesystem::path folder_;
};

TEST(Catalog, KnowsTheBuiltInTypes) {
    const Catalog catalog = Catalog::built_in();
    EXPECT_EQ(catalog.names(), "product, order, supplier");
    for (const char* name : {"product", "order", "supplier"}) {
        const EntityType* type = catalog.find(name);
        ASSERT_NE(type, nullptr);
        EXPECT_EQ(type->plural, std::string(name) + "s");
        EXPECT_EQ(type->topic, type->plural);
        EXPECT_EQ(type->index, type->plural + "-index");
        EXPECT_EQ(catalog.find_by_topic(type->topic), type);
    }
    EXPECT_EQ(catalog.find("Order"), nullptr);
    EXPECT_EQ(catalog.find_by_topic("order"), nullptr);
}

TEST(Catalog, FindsTypesByWord) {
    const Catalog catalog = Catalog::built_in();
    for (const char* word : {"order", "orders", "ORDERS", "Order"}) {
        EXPECT_EQ(catalog.find_by_word(word), catalog.find("order")) << word;
    }
    for (const char* word : {"", "orderss", "invoice"}) {
        EXPECT_EQ(catalog.find_by_word(word), nullptr) << word;
    }
}

TEST_F(CatalogFileTest, AddsATypeByItsNameAlone) {
    const auto catalog = load("types:\n  - name: invoice\n");
    ASSERT_TRUE(catalog) << catalog.error().message;
    const EntityType* type = catalog->find("invoice");
    ASSERT_NE(type, nullptr);
    EXPECT_EQ(type->topic, "invoices");
    EXPECT_EQ(type->index, "invoices-index");
    EXPECT_EQ(type->id_field, "id");
    EXPECT_EQ(catalog->types().size(), 4U);
}

TEST_F(CatalogFileTest, ReadsEverythingATypeMayHave) {
    write("company.json", R"({"required":["vat"]})");
    const auto catalog = load(
        "types:\n  - name: company\n    plural: companies\n    topic: firms.v1\n"
        "    index: firms-2\n    id_field: vat\n    fields: {vat: keyword, founded: date}\n"
        "    schema: company.json\n");
    ASSERT_TRUE(catalog) << catalog.error().message;
    const EntityType* type = catalog->find_by_word("Companies");
    ASSERT_NE(type, nullptr);
    EXPECT_EQ(type->topic, "firms.v1");
    EXPECT_EQ(type->index, "firms-2");
    EXPECT_EQ(type->id_field, "vat");
    ASSERT_EQ(type->fields.size(), 2U);
    EXPECT_EQ(type->fields[1].kind, FieldKind::date);
    ASSERT_NE(type->schema, nullptr);
    EXPECT_EQ(type->schema->check("{}", "/data").size(), 1U);
}

TEST_F(CatalogFileTest, RefinesABuiltInType) {
    const auto catalog = load(
        "types:\n  - name: order\n    fields: {id: number, weight: number}\n"
        "    schema: {type: object, required: [total], properties: {code: {const: '7'}}}\n");
    ASSERT_TRUE(catalog) << catalog.error().message;
    EXPECT_EQ(catalog->types().size(), 3U);
    const EntityType* type = catalog->find("order");
    EXPECT_EQ(type->topic, "orders");
    EXPECT_EQ(type->fields.front().kind, FieldKind::number);
    EXPECT_EQ(type->fields.back().name, "weight");
    EXPECT_TRUE(type->schema->check(R"({"total":1,"code":"7"})", "").empty());
    EXPECT_FALSE(type->schema->check(R"({"total":1,"code":7})", "").empty());
}

TEST_F(CatalogFileTest, NamesTheFileAndThePlaceOfWhatIsWrong) {
    const std::pair<const char*, const char*> rows[] = {
        {"", "types must be a list"},
        {"types:\n", "types must be a list"},
        {"types: []\n", "types must be a list"},
        {"[1]\n", "catalog.yaml:1:1: The catalog must be a mapping"},
        {"kinds: []\n", "\"kinds\" is not known here"},
        {"types: [\n", "This is not YAML"},
        {"types: [invoice]\n", "catalog.yaml:1:9: An entity type must be a mapping"},
        {"types:\n  - plural: x\n", "a mapping with a name"},
        {"types:\n  - name: invoice\n    colour: red\n", "catalog.yaml:3:5: \"colour\""},
        {"types:\n  - name: invoice\n    topic: a\n    topic: b\n",
         "catalog.yaml:4:5: \"topic\" is "
         "there twice"},
        {"types:\n  - name: Invoice\n", "name \"Invoice\" is not allowed"},
        {"types:\n  - name: [a]\n", "name must be a text"},
        {"types:\n  - name: a\n    topic: 'a b'\n", "topic \"a b\" is not allowed"},
        {"types:\n  - name: a\n    topic: a.dlq\n", "dead letters"},
        {"types:\n  - name: a\n    index: Big\n", "index \"Big\" is not allowed"},
        {"types:\n  - name: a\n    index: dead-letters-index\n", "dead letters"},
        {"types:\n  - name: a\n    id_field: ''\n", "id_field"},
        {"types:\n  - name: a\n    fields: [b]\n", "fields must be a mapping"},
        {"types:\n  - name: a\n    fields: {b: float}\n", "keyword, text, number, date or boolean"},
        {"types:\n  - name: a\n    fields: {b.c: text}\n", "without '.'"},
        {"types:\n  - name: a\n  - name: a\n", "catalog.yaml:3:11: The type a is there twice"},
        {"types:\n  - name: a\n    topic: orders\n", "topic orders of the type a belongs to"},
        {"types:\n  - name: a\n    index: orders-index\n", "index orders-index of the type a"},
        {"types:\n  - name: a\n    plural: order\n", "word order of the type a"},
        {"types:\n  - name: a\n    schema: none.json\n", "none.json\": No such file"},
        {"types:\n  - name: a\n    schema: .\n", "Is a directory"},
        {"types:\n  - name: a\n    schema: {pattern: '('}\n",
         "catalog.yaml:3:13: schema: The "
         "schema cannot be used"},
        {"types:\n  - name: a\n    schema: {type: 7}\n", "The schema cannot be used"},
        {"types:\n  - name: a\n    schema: {$ref: 'http://example.com/x'}\n",
         "The schema cannot be used"},
    };
    for (const auto& [text, words] : rows) {
        const auto catalog = load(text);
        ASSERT_FALSE(catalog) << text;
        EXPECT_EQ(catalog.error().code, ErrorCode::invalid_input);
        EXPECT_NE(catalog.error().message.find("catalog.yaml"), std::string::npos);
        EXPECT_NE(catalog.error().message.find(words), std::string::npos)
            << text << ": " << catalog.error().message;
    }
}

TEST_F(CatalogFileTest, RefusesADirectory) {
    const auto catalog = Catalog::load(folder_.string());
    ASSERT_FALSE(catalog);
    EXPECT_EQ(catalog.error().code, ErrorCode::invalid_input);
    EXPECT_NE(catalog.error().message.find("Is a directory"), std::string::npos);
}

TEST_F(CatalogFileTest, SaysThatTheFileIsNotThere) {
    const auto catalog = Catalog::load((folder_ / "none.yaml").string());
    ASSERT_FALSE(catalog);
    EXPECT_NE(catalog.error().message.find("none.yaml"), std::string::npos);
}

}  // namespace
}  // namespace tributary::event
