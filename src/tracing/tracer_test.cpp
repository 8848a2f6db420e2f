#include "tracing/tracer.h"

#include <gtest/gtest.h>
#include <set>

namespace tributary::tracing {
namespace {

constexpr const char* kRoot = "Root=1-5759e988-bd862e3fe1be46a994272793";

TEST(Tracer, BeginsTracesThatDiffer) {
    Tracer tracer(50);
    std::set<std::string> seen;
    for (int i = 0; i < 10'000; ++i) {
        const TraceContext context = tracer.begin_trace();
        ASSERT_TRUE(is_traceparent(context.traceparent())) << context.traceparent();
        EXPECT_TRUE(context.is_new);
        seen.insert(context.trace_id);
    }
    EXPECT_EQ(seen.size(), 10'000U);
}

TEST(Tracer, SamplesTheShareItWasToldTo) {
    const auto sampled_of_1000 = [](int percent) {
        Tracer tracer(percent);
        int sampled = 0;
        for (int i = 0; i < 1'000; ++i) sampled += tracer.begin_trace().is_sampled ? 1 : 0;
        return sampled;
    };
    EXPECT_EQ(sampled_of_1000(0), 0);
    EXPECT_EQ(sampled_of_1000(100), 1'000);
    EXPECT_NEAR(sampled_of_1000(20), 200, 100);
}

TEST(Tracer, AnInvocationsTraceIsThatOfXRay) {
    Tracer tracer(0);
    const auto traced =
        tracer.trace_of_invocation(std::string(kRoot) + ";Parent=53995c3f42cd8ad8;Sampled=1");
    EXPECT_EQ(traced.traceparent(), "00-5759e988bd862e3fe1be46a994272793-53995c3f42cd8ad8-01");
    EXPECT_FALSE(traced.is_new);
    const auto root_only = tracer.trace_of_invocation(kRoot);
    EXPECT_EQ(root_only.trace_id, "5759e988bd862e3fe1be46a994272793");
    EXPECT_TRUE(root_only.is_new);
    EXPECT_FALSE(root_only.is_sampled);
}

TEST(Tracer, OfInvocationsThatXRayDoesNotSampleItsOwnShareIs) {
    Tracer all(100);
    EXPECT_TRUE(all.trace_of_invocation(std::string(kRoot) + ";Sampled=0").is_sampled);
    EXPECT_TRUE(all.trace_of_invocation(kRoot).is_sampled);
    Tracer none(0);
    EXPECT_FALSE(none.trace_of_invocation(std::string(kRoot) + ";Sampled=0").is_sampled);
}

TEST(Tracer, AnInvocationWithoutAUsableTraceBeginsOne) {
    Tracer tracer(0);
    for (const char* text :
         {"", "Root=1-x;Parent=y;Sampled=1", "Root=1-5759e988-bd862e3fe1be46a99427279Z",
          "Root=1-5759e988-bd862e3fe1be46a994272793;Parent=53995c3f42cd8adZ;Sampled=1",
          "Root=1-00000000-000000000000000000000000"}) {
        const TraceContext context = tracer.trace_of_invocation(text);
        EXPECT_TRUE(is_traceparent(context.traceparent())) << text;
        EXPECT_TRUE(context.is_new) << text;
        EXPECT_FALSE(context.is_sampled) << text;
    }
}

TEST(Tracer, AChildBelongsToTheSameTraceAndHasAnIdOfItsOwn) {
    Tracer tracer(100);
    const TraceContext parent = tracer.begin_trace();
    const TraceContext child = tracer.child_of(parent);
    EXPECT_EQ(child.trace_id, parent.trace_id);
    EXPECT_NE(child.span_id, parent.span_id);
    EXPECT_TRUE(child.is_sampled);
    EXPECT_FALSE(child.is_new);
}

}  // namespace
}  // namespace tributary::tracing
