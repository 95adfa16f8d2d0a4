#include "state/endpoints.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <zlib.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <exception>
#include <optional>

#include "state/text_store.h"

namespace kubevitals::state {
namespace {

using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

// What a coroutine gives, run to its end on this thread.
template <typename T>
T wait(asio::io_context& context, asio::awaitable<T> work) {
  std::optional<T> result;
  std::exception_ptr failure;
  auto keep = [](asio::awaitable<T> inner, std::optional<T>& out) -> asio::awaitable<void> {
    out.emplace(co_await std::move(inner));
  };
  asio::co_spawn(context, keep(std::move(work), result),
                 [&](std::exception_ptr exception) { failure = std::move(exception); });
  context.restart();
  context.run();
  if (failure) std::rethrow_exception(failure);
  return std::move(*result);
}

class FakeTransport final : public kube::ApiTransport {
 public:
  asio::awaitable<Result<std::unique_ptr<net::HttpStream>>> open(kube::ApiRequest) override {
    co_return Error{ErrorCode::kUnsupported, "not here"};
  }
  asio::awaitable<Result<net::HttpResponse>> send(kube::ApiRequest request) override {
    EXPECT_EQ(request.path, "/livez");
    if (!status) co_return Error{ErrorCode::kUnavailable, "connection refused"};
    net::HttpResponse response;
    response.status = *status;
    co_return response;
  }

  std::optional<int> status = 200;
};

std::string gunzip(const std::string& packed) {
  z_stream stream{};
  EXPECT_EQ(inflateInit2(&stream, 31), Z_OK);
  std::string out(std::size_t{1} << 20, '\0');
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(packed.data()));
  stream.avail_in = static_cast<uInt>(packed.size());
  stream.next_out = reinterpret_cast<Bytef*>(out.data());
  stream.avail_out = static_cast<uInt>(out.size());
  EXPECT_EQ(inflate(&stream, Z_FINISH), Z_STREAM_END);
  EXPECT_EQ(stream.avail_in, 0u);
  out.resize(stream.total_out);
  inflateEnd(&stream);
  return out;
}

// A store with an object whose every family has one line "<family>{o="<name>"} 1".
std::shared_ptr<TextStore> store_with(const SelectedResource& selected,
                                      std::initializer_list<const char*> names) {
  auto store = std::make_shared<TextStore>(selected.families.size());
  kube::ObjectSlot slot = 0;
  for (const char* name : names) {
    RenderedObject object;
    for (const std::size_t family : selected.families) {
      object.text.append(selected.resource->family(family).name)
          .append("{o=\"")
          .append(name)
          .append("\"} 1\n");
      object.ends.push_back(static_cast<std::uint32_t>(object.text.size()));
    }
    store->update(slot++, object);
  }
  return store;
}

SelectedResource select(std::string_view name) {
  SelectedResource selected;
  selected.resource = find_resource(name);
  for (std::size_t i = 0; i < selected.resource->family_count; ++i) selected.families.push_back(i);
  return selected;
}

// Services in two namespaces, nodes without an object, a namespace.
class MainEndpointTest : public ::testing::Test {
 protected:
  static std::vector<ResourceStores> resources() {
    std::vector<ResourceStores> result;
    const SelectedResource namespaces = select("namespaces");
    result.push_back({namespaces, {store_with(namespaces, {"ns"})}});
    const SelectedResource nodes = select("nodes");
    result.push_back({nodes, {store_with(nodes, {})}});
    const SelectedResource services = select("services");
    result.push_back({services, {store_with(services, {"a", "b"}), store_with(services, {"c"})}});
    return result;
  }

  net::ServerResponse ask(std::string path, net::Headers headers = {}, net::QueryParameters query = {},
                          std::string method = "GET") {
    net::ServerRequest request;
    request.method = std::move(method);
    request.path = std::move(path);
    request.query = std::move(query);
    request.headers = std::move(headers);
    return wait(context_, endpoint_.answer(std::move(request)));
  }

  std::string body_of(net::ServerResponse& response) {
    if (auto* text = std::get_if<std::string>(&response.body)) return *text;
    net::BodySource& source = *std::get<std::unique_ptr<net::BodySource>>(response.body);
    std::string body = rest_of(source);
    EXPECT_EQ(source.content_length(), body.size());
    return body;
  }

  std::string rest_of(net::BodySource& source) {
    std::string body;
    while (true) {
      const auto chunks = wait(context_, source.next());
      EXPECT_TRUE(chunks.has_value());
      const std::size_t before = body.size();
      for (const net::BodyChunk& chunk : *chunks) body.append(chunk.bytes);
      if (body.size() == before) return body;
    }
  }

  std::string metrics(net::QueryParameters query = {}, net::Headers headers = {}) {
    net::ServerResponse response = ask("/metrics", std::move(headers), std::move(query));
    EXPECT_EQ(response.status, 200);
    return body_of(response);
  }

  asio::io_context context_;
  FakeTransport transport_;
  std::shared_ptr<ScrapeMetrics> scrapes_ = std::make_shared<ScrapeMetrics>();
  Exposition exposition_{context_.get_executor(), resources()};
  MainEndpoint endpoint_{exposition_, transport_, scrapes_, "1.2.3"};
};

TEST_F(MainEndpointTest, HeadersStandOnceBeforeTheSamplesOfAllStores) {
  const std::string text = metrics();
  EXPECT_THAT(text, StartsWith("# HELP kube_namespace_"));
  EXPECT_THAT(text, HasSubstr("# TYPE kube_service_info gauge\nkube_service_info{o=\"a\"} 1\n"
                              "kube_service_info{o=\"b\"} 1\nkube_service_info{o=\"c\"} 1\n# HELP "));
  EXPECT_THAT(text, Not(HasSubstr("kube_node_"))) << "no objects, no headers";
}

TEST_F(MainEndpointTest, GzipIsTheSameText) {
  net::ServerResponse response = ask("/metrics", {{"Accept-Encoding", "br, gzip;q=0.8"}});
  EXPECT_EQ(response.headers.find("Content-Encoding"), "gzip");
  EXPECT_EQ(response.headers.find("Vary"), "Accept, Accept-Encoding");
  EXPECT_EQ(response.headers.find("Content-Type"), "text/plain; version=0.0.4; charset=utf-8");
  EXPECT_EQ(gunzip(body_of(response)), metrics());
  EXPECT_EQ(scrapes_->gzip, 1u);
  EXPECT_EQ(scrapes_->plain, 1u);
}

TEST_F(MainEndpointTest, OpenMetricsHasItsTypesAndItsEnd) {
  const net::Headers accept{{"Accept", "application/openmetrics-text;version=1.0.0"}};
  const std::string text = metrics({}, accept);
  EXPECT_THAT(text, HasSubstr("# TYPE kube_service_info gauge\n"));
  EXPECT_THAT(text, EndsWith("\n# EOF\n"));
  net::ServerResponse packed = ask(
      "/metrics", {{"Accept", "application/openmetrics-text;version=1.0.0"}, {"Accept-Encoding", "gzip"}});
  EXPECT_EQ(gunzip(body_of(packed)), text);
}

TEST_F(MainEndpointTest, ResourcesCanBeChosen) {
  const std::string all = metrics();
  const std::string services = metrics({{"resources", "services"}});
  EXPECT_THAT(services, StartsWith("# HELP kube_service_"));
  EXPECT_EQ(metrics({{"resources", "namespaces"}}) + services, all);
  EXPECT_EQ(metrics({{"resources", "namespaces, services"}}), all);
  EXPECT_EQ(metrics({{"resources", "namespaces"}, {"resources", "services"}}), all);
  EXPECT_EQ(metrics({{"resources", "services,florps"}}), services);
  EXPECT_EQ(metrics({{"resources", "florps"}}), "");
  EXPECT_EQ(metrics({{"resources", ","}}), "") << "only commas select nothing";
  EXPECT_EQ(metrics({{"resources", ""}}), "");
  EXPECT_EQ(metrics({{"exclude_resources", ","}}), all) << "only commas exclude nothing";
  EXPECT_EQ(metrics({{"exclude_resources", "namespaces"}}), services);
  EXPECT_EQ(metrics({{"resources", "services,namespaces"}, {"exclude_resources", "namespaces"}}), services);
  EXPECT_EQ(metrics({{"resources", "florps"}}, {{"Accept", "application/openmetrics-text"}}), "# EOF\n");
}

TEST_F(MainEndpointTest, NothingSelectedIsAValidGzipStream) {
  net::ServerResponse response = ask("/metrics", {{"Accept-Encoding", "gzip"}}, {{"resources", "florps"}});
  EXPECT_EQ(gunzip(body_of(response)), "");
}

TEST_F(MainEndpointTest, HeadHasTheLength) {
  net::ServerResponse head = ask("/metrics", {}, {}, "HEAD");
  const auto& source = std::get<std::unique_ptr<net::BodySource>>(head.body);
  EXPECT_EQ(source->content_length(), metrics().size());
}

TEST_F(MainEndpointTest, TimesAreTakenWhenTheBodyIsGone) {
  {
    net::ServerResponse response = ask("/metrics");
    EXPECT_EQ(scrapes_->get.count(), 0u);
    EXPECT_EQ(scrapes_->prepare.count(), 1u);
  }
  EXPECT_EQ(scrapes_->get.count(), 1u);
  ask("/metrics", {}, {}, "HEAD");
  EXPECT_EQ(scrapes_->head.count(), 1u);
}

TEST_F(MainEndpointTest, OtherMethodsAreRefused) {
  for (const char* method : {"POST", "PUT", "DELETE", "OPTIONS", "PATCH"}) {
    const net::ServerResponse response = ask("/metrics", {}, {}, method);
    EXPECT_EQ(response.status, 405) << method;
    EXPECT_EQ(response.headers.find("Allow"), "GET, HEAD");
  }
}

TEST_F(MainEndpointTest, HealthAndPages) {
  EXPECT_EQ(ask("/healthz").status, 200);
  EXPECT_EQ(ask("/livez").status, 200);
  transport_.status = 500;
  EXPECT_EQ(ask("/livez").status, 503);
  transport_.status.reset();
  EXPECT_EQ(ask("/livez").status, 503);
  EXPECT_EQ(ask("/healthz").status, 200);
  net::ServerResponse page = ask("/");
  EXPECT_THAT(body_of(page), HasSubstr("href=\"/metrics\""));
  EXPECT_EQ(ask("/nonsense").status, 404);
  const net::ServerResponse elsewhere = ask("//metrics");
  EXPECT_EQ(elsewhere.status, 301);
  EXPECT_EQ(elsewhere.headers.find("Location"), "/metrics");
  EXPECT_EQ(ask("/metrics/").status, 404);
}

// A client that has taken half of a response gets the rest of that state, whatever happens meanwhile.
TEST_F(MainEndpointTest, ASlowReaderSeesOneState) {
  const SelectedResource pods = select("pods");
  auto store = std::make_shared<TextStore>(pods.families.size());
  const auto set_all = [&](const std::string& value) {
    for (kube::ObjectSlot slot = 0; slot < 4'000; ++slot) {
      RenderedObject object;
      for (std::size_t family = 0; family < pods.families.size(); ++family) {
        object.text.append("f{slot=\"")
            .append(std::to_string(slot))
            .append("\"} ")
            .append(value)
            .append("\n");
        object.ends.push_back(static_cast<std::uint32_t>(object.text.size()));
      }
      store->update(slot, object);
    }
  };
  set_all("1");
  Exposition exposition(context_.get_executor(), {{pods, {store}}});
  for (const bool gzip : {true, false}) {
    set_all("1");
    net::ServerResponse before = wait(context_, exposition.scrape({}, gzip, {}));
    const auto& source = std::get<std::unique_ptr<net::BodySource>>(before.body);
    std::string text;
    const auto first = wait(context_, source->next());
    for (const net::BodyChunk& chunk : *first) text.append(chunk.bytes);
    set_all("2");
    net::ServerResponse after = wait(context_, exposition.scrape({}, gzip, {}));
    text.append(rest_of(*source));
    EXPECT_EQ(text.size(), source->content_length());
    if (gzip) continue;
    EXPECT_EQ(text.find("} 2\n"), std::string::npos);
    EXPECT_THAT(body_of(after), Not(HasSubstr("} 1\n")));
  }
}

TEST(TelemetryEndpoint, ReadinessAndMetrics) {
  Readiness readiness;
  readiness.explanation = "pods: not complete yet\n";
  const auto tell = [] {
    Telemetry telemetry;
    telemetry.version = "1.2.3";
    return telemetry;
  };
  const TelemetryEndpoint endpoint(
      tell, [&] { return readiness; }, std::make_shared<ScrapeMetrics>(), "1.2.3");
  const auto ask = [&](std::string path, std::string method = "GET") {
    net::ServerRequest request;
    request.method = std::move(method);
    request.path = std::move(path);
    return endpoint.answer(request);
  };
  EXPECT_EQ(ask("/readyz").status, 503);
  EXPECT_THAT(std::get<std::string>(ask("/readyz").body), HasSubstr("pods: not complete yet"));
  readiness.ready = true;
  readiness.explanation.clear();
  EXPECT_EQ(ask("/readyz").status, 200);
  EXPECT_EQ(std::get<std::string>(ask("/readyz").body), "OK");
  EXPECT_THAT(std::get<std::string>(ask("/metrics").body),
              HasSubstr("kubevitals_build_info{version=\"1.2.3\"} 1\n"));
  EXPECT_THAT(std::get<std::string>(ask("/").body), HasSubstr("href=\"/readyz\""));
  EXPECT_EQ(ask("/metrics", "POST").status, 405);
  EXPECT_EQ(ask("/healthz").status, 404);
}

}  // namespace
}  // namespace kubevitals::state
