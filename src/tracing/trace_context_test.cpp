#include "tracing/trace_context.h"

#include <gtest/gtest.h>

namespace tributary::tracing {
namespace {

constexpr std::string_view kSampled = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";

TEST(TraceContext, IsTakenApartAndPutTogether) {
    const auto context = TraceContext::parse(kSampled);
    ASSERT_TRUE(context);
    EXPECT_EQ(context->trace_id, "4bf92f3577b34da6a3ce929d0e0e4736");
    EXPECT_EQ(context->span_id, "00f067aa0ba902b7");
    EXPECT_TRUE(context->is_sampled);
    EXPECT_EQ(context->traceparent(), kSampled);
    EXPECT_EQ(trace_id_of(kSampled), context->trace_id);
}

TEST(TraceContext, TheLowestBitOfTheFlagsSaysWhetherItIsSampled) {
    const std::string stem(kSampled.substr(0, 53));
    for (const char* flags : {"01", "03", "ff", "0b"}) EXPECT_TRUE(is_sampled(stem + flags));
    for (const char* flags : {"00", "02", "fe"}) {
        EXPECT_FALSE(is_sampled(stem + flags));
        EXPECT_TRUE(is_traceparent(stem + flags));
    }
}

TEST(TraceContext, WhatIsNoTraceparentIsNeitherPassedOnNorSampled) {
    const std::string valid(kSampled);
    for (const std::string& text :
         {std::string(), std::string("00-zz"), valid + "-00", "01" + valid.substr(2),
          "00-4BF92F3577B34DA6A3CE929D0E0E4736" + valid.substr(35),
          "00-00000000000000000000000000000000" + valid.substr(35),
          valid.substr(0, 36) + "0000000000000000-01", valid.substr(0, 54) + "\n"}) {
        EXPECT_FALSE(is_traceparent(text)) << text;
        EXPECT_FALSE(is_sampled(text)) << text;
        EXPECT_FALSE(TraceContext::parse(text)) << text;
    }
}

}  // namespace
}  // namespace tributary::tracing
