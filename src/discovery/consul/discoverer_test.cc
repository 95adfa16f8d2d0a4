#include "discovery/consul/discoverer.h"

#include <gtest/gtest.h>

#include <boost/asio/co_spawn.hpp>
#include <functional>

#include "discovery/consul/agent.h"
#include "discovery/consul/fake_agent.h"
#include "discovery/mechanism_fixture.h"
#include "net/http_server.h"

namespace kubevitals::discovery::consul {
namespace {

using namespace std::chrono_literals;
using Notes = std::vector<std::string>;

// The list of one instance.
std::string at(const std::string& host) {
  return R"([{"Node":{"Node":"n","Address":")" + host + R"("},"Service":{"ID":"i","Port":80},"Checks":[]}])";
}

std::string shown(const std::string& service, const std::string& host, const std::string& dc = "dc1") {
  return "[" + service + ": __meta_consul_dc=" + dc + " __meta_consul_service=" + service +
         " | __address__=" + host + ":80 __meta_consul_address=" + host +
         " __meta_consul_health=passing __meta_consul_namespace= __meta_consul_node=n"
         " __meta_consul_partition= __meta_consul_service_address= __meta_consul_service_id=i"
         " __meta_consul_service_port=80 __meta_consul_tags=,,]";
}

std::string gone(const std::string& service) {
  return "[" + service + ": __meta_consul_dc=dc1 __meta_consul_service=" + service + "]";
}

class ConsulDiscovererTest : public MechanismTest {
 protected:
  ConsulDiscovererTest() : MechanismTest(metric_families()) { options_.refresh_interval = 1s; }

  void TearDown() override {
    stop();
    EXPECT_EQ(agent_->waiting(), 0);
  }

  void start() {
    MechanismTest::start(make_discoverer(options_, context(), agent_));
    run(0s);
  }

  void run(Duration duration) { clock_.run_for(io_, duration); }

  double failures() { return counter("prometheus_sd_consul_rpc_failures_total"); }
  std::uint64_t calls(const std::string& call) {
    return metrics_.histogram("prometheus_sd_consul_rpc_duration_seconds", {"catalog", call})->count();
  }

  std::shared_ptr<FakeAgent> agent_ = std::make_shared<FakeAgent>(io_.get_executor(), clock_);
  Options options_;
};

TEST_F(ConsulDiscovererTest, FindsAllServicesAtTheStart) {
  agent_->set("a", {}, at("x"));
  agent_->set("b", {}, at("y"));
  start();
  EXPECT_EQ(sink_.take(), Notes{"update " + shown("a", "x") + " " + shown("b", "y")});
  EXPECT_EQ(
      agent_->take_asked(),
      (Notes{"/v1/agent/self", "/v1/catalog/services?wait=120000ms&stale=",
             "/v1/health/service/a?wait=120000ms&stale=", "/v1/health/service/b?wait=120000ms&stale="}));
  EXPECT_EQ(calls("services"), 1u);
  EXPECT_EQ(calls("service"), 2u);
}

TEST_F(ConsulDiscovererTest, WaitsForNewsWithAnIndex) {
  agent_->set("a", {}, at("x"));
  start();
  run(1s);
  sink_.take();
  agent_->take_asked();
  EXPECT_EQ(agent_->waiting(), 2);
  agent_->set("a", {}, at("y"));
  EXPECT_EQ(notes_after(0s), Notes{"update " + shown("a", "y")});
  EXPECT_EQ(notes_after(10min), Notes{});
  // Each wait takes two minutes.
  EXPECT_LE(agent_->take_asked().size(), 12u);
}

TEST_F(ConsulDiscovererTest, AsksAtMostOnceAnInterval) {
  options_.refresh_interval = 30s;
  agent_->set("a", {}, at("x"));
  start();
  run(30s);
  agent_->take_asked();
  for (int i = 0; i < 20; ++i) {
    agent_->set("a", {}, at("x" + std::to_string(i)));
    run(3s);
  }
  const Notes asked = agent_->take_asked();
  EXPECT_EQ(std::count(asked.begin(), asked.end(), asked.front()), 1);
  EXPECT_EQ(asked.size(), 2u);
}

TEST_F(ConsulDiscovererTest, FollowsTheCatalog) {
  start();
  EXPECT_EQ(sink_.take(), Notes{"update"});
  agent_->set("a", {}, at("x"));
  EXPECT_EQ(notes_after(2s), Notes{"update " + shown("a", "x")});
  agent_->set("b", {}, at("y"));
  EXPECT_EQ(notes_after(2s), Notes{"update " + shown("b", "y")});
  agent_->remove("a");
  const Notes notes = notes_after(2s);
  ASSERT_EQ(notes.size(), 1u);
  EXPECT_EQ(notes[0].substr(0, 10), "update [a:");
  EXPECT_EQ(notes[0].find('|'), std::string::npos);
  run(2s);
  EXPECT_EQ(agent_->waiting(), 2);  // the catalog and b
  agent_->set("a", {}, at("z"));
  EXPECT_EQ(notes_after(2s), Notes{"update " + shown("a", "z")});
}

TEST_F(ConsulDiscovererTest, WatchesOnlyServicesWithAllTags) {
  options_.tags = {"t", "u"};
  agent_->set("a", {"u", "v", "t"}, at("x"));
  agent_->set("b", {"t"}, at("y"));
  start();
  EXPECT_EQ(sink_.take(), Notes{"update " + shown("a", "x")});
  const Notes asked = agent_->take_asked();
  EXPECT_EQ(asked.back(), "/v1/health/service/a?wait=120000ms&stale=&tag=t&tag=u");
  agent_->set("b", {"t", "u"}, at("y"));
  EXPECT_EQ(notes_after(2s), Notes{"update " + shown("b", "y")});
}

TEST_F(ConsulDiscovererTest, AsksNoCatalogForNamedServices) {
  options_.services = {"b c", "a", "a"};
  options_.datacenter = "east";
  agent_->set("a", {}, at("x"));
  agent_->set("c", {}, at("z"));
  start();
  EXPECT_EQ(agent_->take_asked(), (Notes{"/v1/health/service/b%20c?dc=east&wait=120000ms&stale=",
                                         "/v1/health/service/a?dc=east&wait=120000ms&stale="}));
  EXPECT_EQ(sink_.take(), Notes{"update " + shown("a", "x", "east")});
}

TEST_F(ConsulDiscovererTest, ChoosesAmongTheCatalogWhenThereIsAFilter) {
  options_.services = {"a", "d"};
  options_.filter = "x == y";
  options_.health_filter = "z";
  agent_->set("a", {}, at("x"));
  agent_->set("c", {}, at("z"));
  start();
  EXPECT_EQ(sink_.take(), Notes{"update " + shown("a", "x")});
  const Notes asked = agent_->take_asked();
  ASSERT_EQ(asked.size(), 3u);
  EXPECT_EQ(asked[1], "/v1/catalog/services?wait=120000ms&stale=&filter=x%20%3D%3D%20y");
  EXPECT_EQ(asked[2], "/v1/health/service/a?wait=120000ms&stale=&filter=z");
}

TEST_F(ConsulDiscovererTest, SaysAllThatTheOptionsSay) {
  options_.token.text = "secret";
  options_.name_space = "n";
  options_.partition = "p";
  options_.allow_stale = false;
  options_.node_meta = {{"k", "v"}, {"l", "w"}};
  start();
  EXPECT_EQ(agent_->take_asked(), (Notes{"/v1/agent/self?ns=n&partition=p token secret",
                                         "/v1/catalog/services?ns=n&partition=p&wait=120000ms"
                                         "&node-meta=k%3Av&node-meta=l%3Aw token secret"}));
}

TEST_F(ConsulDiscovererTest, KeepsGroupsWhileTheAgentFails) {
  agent_->set("a", {}, at("x"));
  start();
  run(1s);
  sink_.take();
  agent_->fail("/service/a", 500);
  EXPECT_EQ(notes_after(1s), Notes{"failed cannot watch the service a: HTTP status 500: broken"});
  EXPECT_EQ(failures(), 1);
  EXPECT_EQ(notes_after(13s), Notes{});
  EXPECT_EQ(notes_after(2s), Notes{"failed cannot watch the service a: HTTP status 500: broken"});
  EXPECT_EQ(failures(), 2);
  agent_->fail("/service/a", 200);
  EXPECT_EQ(notes_after(15s), Notes{"recovered"});
}

TEST_F(ConsulDiscovererTest, StartsWithoutServicesThatFail) {
  agent_->set("a", {}, at("x"));
  agent_->set("b", {}, at("y"));
  agent_->fail("/service/a", 0);
  const std::string failure = "failed cannot watch the service a: cannot get it: connection refused";
  start();
  EXPECT_EQ(sink_.take(), (Notes{failure, "update " + shown("b", "y"), failure}));
  agent_->fail("/service/a", 200);
  EXPECT_EQ(notes_after(15s), Notes{"update " + shown("a", "x")});
}

TEST_F(ConsulDiscovererTest, SaysNothingBeforeTheCatalogAnswers) {
  agent_->set("a", {}, at("x"));
  agent_->fail("/v1/catalog/services", 403);
  start();
  EXPECT_EQ(sink_.take(), Notes{"failed cannot list Consul's services: HTTP status 403: broken"});
  agent_->fail("/v1/catalog/services", 200);
  EXPECT_EQ(notes_after(15s), (Notes{"recovered", "update " + shown("a", "x")}));
}

TEST_F(ConsulDiscovererTest, AsksForTheDatacenterUntilItIsKnown) {
  options_.token.text = "hunter2";
  agent_->fail("/v1/agent/self", 403);
  start();
  EXPECT_EQ(sink_.take(), Notes{"failed cannot ask Consul for its datacenter: HTTP status 403: broken"});
  EXPECT_EQ(notes_after(15s).size(), 1u);
  EXPECT_EQ(failures(), 2);
  agent_->fail("/v1/agent/self", 200);
  EXPECT_EQ(notes_after(15s), (Notes{"recovered", "update"}));
}

TEST_F(ConsulDiscovererTest, PassesOnWhatItFindsAfterTheIndexWentBack) {
  agent_->set("a", {}, at("x"));
  start();
  run(1s);
  sink_.take();
  agent_->restart(3);
  agent_->set("a", {}, at("y"));  // index 4, below what is waited for
  EXPECT_EQ(notes_after(1min), Notes{});
  // The wait ends with the lower index, and the next one is answered at once.
  EXPECT_EQ(notes_after(1min), Notes{"update " + shown("a", "y")});
  run(2s);
  agent_->set("a", {}, at("z"));
  EXPECT_EQ(notes_after(1s), Notes{"update " + shown("a", "z")});
}

TEST_F(ConsulDiscovererTest, BeginsAnewAfterAFailure) {
  agent_->set("a", {}, at("x"));
  start();
  run(1s);
  sink_.take();
  agent_->fail("/service/a", 0);
  run(1s);
  agent_->restart(3);
  agent_->set("a", {}, at("y"));
  agent_->fail("/service/a", 200);
  EXPECT_EQ(notes_after(16s).back(), "update " + shown("a", "y"));
}

TEST_F(ConsulDiscovererTest, DoesWithoutAnIndexWhenThereIsNone) {
  agent_->say_index("");
  agent_->set("a", {}, at("x"));
  start();
  EXPECT_EQ(sink_.take(), Notes{"update " + shown("a", "x")});
  agent_->take_asked();
  agent_->set("a", {}, at("y"));
  run(10s);
  EXPECT_EQ(sink_.take(), Notes{"update " + shown("a", "y")});
  // With index 1, which a better agent would wait with, and never more often than once an interval.
  const Notes asked = agent_->take_asked();
  EXPECT_EQ(asked.size(), 20u);
  EXPECT_NE(asked[0].find("index=1&"), std::string::npos) << asked[0];
}

TEST_F(ConsulDiscovererTest, RefusesAnIndexThatIsNoNumber) {
  options_.datacenter = "dc1";
  options_.services = {"a"};
  agent_->say_index("12x");
  start();
  EXPECT_EQ(sink_.take(), Notes{"failed cannot watch the service a: X-Consul-Index is no number"});
}

TEST_F(ConsulDiscovererTest, KeepsGroupsWhenAnAnswerIsMalformed) {
  agent_->set("a", {}, at("x"));
  start();
  run(1s);
  sink_.take();
  agent_->set("a", {}, "[{}");
  const Notes notes = notes_after(1s);
  ASSERT_EQ(notes.size(), 1u);
  EXPECT_TRUE(notes[0].starts_with("failed cannot watch the service a: no valid JSON")) << notes[0];
  agent_->set("a", {}, "[]");
  EXPECT_EQ(notes_after(15s), Notes{"update " + gone("a")});
}

TEST_F(ConsulDiscovererTest, ExplainsWhatIsNotThere) {
  agent_->set("a", {}, at("x"));
  start();
  const auto why = [&](std::string service) {
    return (*running_)->why_absent({LabelName("__meta_consul_service"), std::move(service)});
  };
  EXPECT_EQ(why("a"), Notes{});
  EXPECT_EQ(why("b"),
            Notes{"the service b is not in Consul's catalog of datacenter dc1, or the options leave it out"});
  run(1s);
  agent_->fail("/service/a", 403);
  run(0s);
  EXPECT_EQ(why("a"), Notes{"cannot watch the service a: HTTP status 403: broken"});
}

TEST_F(ConsulDiscovererTest, EndsWhileItWaits) {
  agent_->set("a", {}, at("x"));
  start();
  run(1s);
  EXPECT_EQ(agent_->waiting(), 2);
  stop();
  EXPECT_EQ(agent_->waiting(), 0);
  EXPECT_EQ((*running_)->why_absent({LabelName("__meta_consul_service"), "b"}), Notes{});
}

TEST_F(ConsulDiscovererTest, EndsWhileTheAgentFails) {
  agent_->fail("/v1/agent/self", 0);
  start();
  stop();
}

// The same over real sockets, with the client that mechanisms have.
class ConsulOverHttpTest : public MechanismTest {
 protected:
  ConsulOverHttpTest() : MechanismTest(metric_families()) {}

  asio::awaitable<net::ServerResponse> answer(net::ServerRequest request) {
    net::HttpRequest asked;
    asked.url = "http://agent" + request.target;
    asked.headers = request.headers;
    Result<net::HttpResponse> response = co_await agent_.send(std::move(asked), 0);
    net::ServerResponse result = net::ServerResponse::text(response->status, response->body);
    for (const auto& [name, value] : response->headers) result.headers.add(name, value);
    co_return result;
  }

  FakeAgent agent_{io_.get_executor(), system_clock()};
};

TEST_F(ConsulOverHttpTest, FindsWatchesAndEnds) {
  net::ServerOptions where;
  where.address = "127.0.0.1";
  net::HttpServer server(io_.get_executor(), where,
                         [this](net::ServerRequest request) { return answer(std::move(request)); });
  ASSERT_TRUE(server.start());
  Options options;
  options.server = "127.0.0.1:" + std::to_string(server.port());
  options.token.text = "t";
  options.refresh_interval = 1ms;
  agent_.set("a", {}, at("x"));
  auto discoverer = make_discoverer(options, context_on(io_.get_executor(), system_clock(), metrics_));
  ASSERT_TRUE(discoverer) << discoverer.error().message;
  start(*std::move(discoverer));
  run_until([&] { return agent_.waiting() == 2; });
  EXPECT_EQ(sink_.take(), Notes{"update " + shown("a", "x")});
  EXPECT_EQ(agent_.take_asked()[0], "/v1/agent/self token t");
  agent_.set("a", {}, at("y"));
  Notes notes;
  run_until([&] {
    if (notes.empty()) notes = sink_.take();
    return !notes.empty();
  });
  EXPECT_EQ(notes, Notes{"update " + shown("a", "y")});
  run_until([&] { return agent_.waiting() == 2; });
  stop_with_sockets();
  run_until([&] { return agent_.waiting() == 0; });
  bool stopped = false;
  asio::co_spawn(io_, server.stop(100ms), [&](const std::exception_ptr&) { stopped = true; });
  run_until([&] { return stopped; });
}

TEST(ConsulIndex, BeginsAnewWhenItGoesBack) {
  EXPECT_EQ(next_index(0, 7), 7u);
  EXPECT_EQ(next_index(7, 8), 8u);
  EXPECT_EQ(next_index(7, 7), 7u);
  EXPECT_EQ(next_index(7, 3), 0u);
  EXPECT_EQ(next_index(0, 0), 1u);
  EXPECT_EQ(next_index(1, 0), 1u);
}

}  // namespace
}  // namespace kubevitals::discovery::consul
