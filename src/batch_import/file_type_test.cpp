#include "batch_import/file_type.h"

#include <gtest/gtest.h>
#include <string>

namespace tributary::batch_import {
namespace {

TEST(FileType, IsNamedByAWordOfTheBaseNameElseOfTheNearestFolder) {
    struct Row {
        const char* key;
        const char* type;
    };
    const Row rows[] = {
        {"orders.json", "order"},
        {"order.json", "order"},
        {"ORDERS.JSON", "order"},
        {"2026-11_order.json", "order"},
        {"2026-11order.json", "order"},
        {"Suppliers-eu.json.gz", "supplier"},
        {"Supplier", "supplier"},
        {"my products (final) v2.ndjson", "product"},
        {"PRODUCT42.jsonl", "product"},
        {"orders-order.json", "order"},  // twice the same is one
        {"orders/2026-11.json", "order"},
        {"orders/2026/11/part-0001.json.gz", "order"},
        {"products/archive/orders/1.json", "order"},  // the nearest folder
        {"products/orders.json", "order"},            // the name before the folder
        {"in/Order_export/1", "order"},
        {"/orders//x.json", "order"},
        {"été-orders.json", "order"},
    };
    const event::Catalog catalog = event::Catalog::built_in();
    for (const Row& row : rows) {
        const auto type = type_of_file(catalog, row.key);
        ASSERT_TRUE(type) << row.key << ": " << type.error().message;
        EXPECT_EQ((*type)->name, row.type) << row.key;
    }
}

TEST(FileType, SaysTheRuleWhereNoneOrTwoAreNamed) {
    struct Row {
        const char* key;
        const char* words;
    };
    const Row rows[] = {
        {"notes.txt", "product, order, supplier"},
        {"preorders.json", "as a word"},  // a part of a word is none
        {"reorder.json", "as a word"},
        {"ordersproducts.json", "as a word"},
        {"ordersé.json", "as a word"},
        {"", "as a word"},
        {"2026/11.json", "as a word"},
        {"orders_products.json", "order and product"},
        {"supplier-of-product.json", "supplier and product"},
        {"orders/products_suppliers.json", "product and supplier"},
        {"orders and products/1.json", "order and product"},
    };
    const event::Catalog catalog = event::Catalog::built_in();
    for (const Row& row : rows) {
        const auto type = type_of_file(catalog, row.key);
        ASSERT_FALSE(type) << row.key;
        EXPECT_EQ(type.error().code, ErrorCode::invalid_input);
        EXPECT_NE(type.error().message.find(row.words), std::string::npos) << type.error().message;
        EXPECT_NE(type.error().message.find(row.key), std::string::npos);
    }
}

TEST(FileType, NdjsonIsToldByTheEnding) {
    for (const char* key : {"orders.ndjson", "a/ORDERS.NDJSON", "x.jsonl", "orders.ndjson.gz",
                            "orders.JSONL.GZ", "orders.ndjson.zst"}) {
        EXPECT_TRUE(is_named_ndjson(key)) << key;
    }
    for (const char* key : {"orders.json", "ndjson", "orders.ndjson.json", "orders.ndjson/1.json",
                            "orders.gz", "jsonl.gz", ""}) {
        EXPECT_FALSE(is_named_ndjson(key)) << key;
    }
}

}  // namespace
}  // namespace tributary::batch_import
