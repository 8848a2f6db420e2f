#include "tracing/tracer.h"

#include <gtest/gtest.h>
#include <set>

#include "base/manual_clock.h"

namespace tributary::tracing {
namespace {

const ManualClock clock;
constexpr const char* kRoot = "Root=1-5759e988-bd862e3fe1be46a994272793";

TEST(Tracer, BeginsTracesThatDiffer) {
    Tracer tracer(50, clock);
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
        Tracer tracer(percent, clock);
        int sampled = 0;
        for (int i = 0; i < 1'000; ++i) sampled += tracer.begin_trace().is_sampled ? 1 : 0;
        return sampled;
    };
    EXPECT_EQ(sampled_of_1000(0), 0);
    EXPECT_EQ(sampled_of_1000(100), 1'000);
    EXPECT_NEAR(sampled_of_1000(20), 200, 100);
}

TEST(Tracer, AnInvocationsTraceIsThatOfXRay) {
    Tracer tracer(0, clock);
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
    Tracer all(100, clock);
    EXPECT_TRUE(all.trace_of_invocation(std::string(kRoot) + ";Sampled=0").is_sampled);
    EXPECT_TRUE(all.trace_of_invocation(kRoot).is_sampled);
    Tracer none(0, clock);
    EXPECT_FALSE(none.trace_of_invocation(std::string(kRoot) + ";Sampled=0").is_sampled);
}

TEST(Tracer, AnInvocationWithoutAUsableTraceBeginsOne) {
    Tracer tracer(0, clock);
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

constexpr std::string_view kClient = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
constexpr std::string_view kOther = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-00";

TEST(Tracer, MakesSpansOfSampledTracesAndNoOthers) {
    ManualClock moving;
    SpanQueue queue(10);
    Tracer tracer(0, moving, &queue);
    EXPECT_FALSE(tracer.begin("work", Span::Kind::server, kOther));
    EXPECT_FALSE(tracer.begin("work", Span::Kind::server, "nonsense"));
    auto span = tracer.begin("work", Span::Kind::server, kClient);
    ASSERT_TRUE(span);
    EXPECT_EQ(span->context.trace_id, "4bf92f3577b34da6a3ce929d0e0e4736");
    EXPECT_NE(span->context.span_id, "00f067aa0ba902b7");
    EXPECT_EQ(span->parent_id, "00f067aa0ba902b7");
    EXPECT_TRUE(is_sampled(span->context.traceparent()));
    moving.advance(std::chrono::milliseconds(30));
    tracer.begun_at(*span, span->began - std::chrono::milliseconds(12));
    tracer.end(std::move(*span));
    const auto spans = queue.take(10);
    ASSERT_EQ(spans.size(), 1U);
    EXPECT_EQ(spans[0].name, "work");
    EXPECT_EQ(spans[0].duration, std::chrono::milliseconds(42));
    EXPECT_EQ(spans[0].began_at, moving.now() - std::chrono::milliseconds(42));
}

TEST(Tracer, TheFirstSpanOfATraceHasTheIdThatWasMadeForItAndNoParent) {
    SpanQueue queue(10);
    Tracer tracer(100, clock, &queue);
    const TraceContext begun = tracer.begin_trace();
    const auto first = tracer.begin("first", Span::Kind::server, begun);
    ASSERT_TRUE(first);
    EXPECT_EQ(first->context.span_id, begun.span_id);
    EXPECT_EQ(first->parent_id, "");
    const auto second = tracer.begin("second", Span::Kind::internal, first->context);
    ASSERT_TRUE(second);
    EXPECT_EQ(second->parent_id, begun.span_id);
}

TEST(Tracer, WithoutAQueueThereAreNoSpans) {
    Tracer tracer(100, clock);
    EXPECT_FALSE(tracer.is_exporting());
    EXPECT_FALSE(tracer.begin("work", Span::Kind::server, kClient));
    EXPECT_FALSE(tracer.begin("work", Span::Kind::server, tracer.begin_trace()));
}

TEST(SpanQueue, DropsAndCountsWhatIsTooMuch) {
    std::size_t dropped = 0;
    SpanCounts counts;
    counts.dropped = [&](std::size_t spans) { dropped += spans; };
    SpanQueue queue(3, counts);
    for (int i = 0; i < 5; ++i) {
        Span span;
        span.name = std::to_string(i);
        queue.push(std::move(span));
    }
    EXPECT_EQ(dropped, 2U);
    const auto first = queue.take(2);
    ASSERT_EQ(first.size(), 2U);
    EXPECT_EQ(first[1].name, "1");
    EXPECT_EQ(queue.take(2).size(), 1U);
    EXPECT_TRUE(queue.take(2).empty());
}

TEST(Tracer, AChildBelongsToTheSameTraceAndHasAnIdOfItsOwn) {
    Tracer tracer(100, clock);
    const TraceContext parent = tracer.begin_trace();
    const TraceContext child = tracer.child_of(parent);
    EXPECT_EQ(child.trace_id, parent.trace_id);
    EXPECT_NE(child.span_id, parent.span_id);
    EXPECT_TRUE(child.is_sampled);
    EXPECT_FALSE(child.is_new);
}

}  // namespace
}  // namespace tributary::tracing
