#include "discovery/dns/discoverer.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "discovery/dns/fake_server.h"
#include "discovery/mechanism_fixture.h"

namespace kubevitals::discovery::dns {
namespace {

using namespace std::chrono_literals;
using Notes = std::vector<std::string>;

TEST(DnsOptions, HaveDefaults) {
  Options options;
  EXPECT_EQ(complaints_about("names: [a, b]", options), "");
  EXPECT_EQ(options.names, (std::vector<std::string>{"a", "b"}));
  EXPECT_EQ(options.type, RecordType::kSrv);
  EXPECT_EQ(options.port, 0);
  EXPECT_EQ(options.refresh_interval, 30s);
}

TEST(DnsOptions, AreRead) {
  Options options;
  EXPECT_EQ(complaints_about("{names: [a], type: aaaa, port: 80, refresh_interval: 1m}", options), "");
  EXPECT_EQ(options.type, RecordType::kAaaa);
  EXPECT_EQ(options.port, 80);
  EXPECT_EQ(options.refresh_interval, 60s);
}

TEST(DnsOptions, AreRefused) {
  EXPECT_EQ(complaints_about<Options>("{}"), "f:1: names: at least one name is needed");
  EXPECT_EQ(complaints_about<Options>("{names: [a], type: TXT}"),
            "f:1: type: expected SRV, A, AAAA, MX or NS");
  EXPECT_EQ(complaints_about<Options>("{names: [a], type: ''}"),
            "f:1: type: expected SRV, A, AAAA, MX or NS");
  EXPECT_NE(complaints_about<Options>("{names: [a], type: a}").find("a port is needed"), std::string::npos);
  EXPECT_EQ(complaints_about<Options>("{names: [a], refresh_interval: 0s}"),
            "f:1: refresh_interval: must be greater than zero");
  EXPECT_NE(complaints_about<Options>("{names: [a], servers: [b]}"), "");
}

class DnsDiscovererTest : public MechanismTest {
 protected:
  DnsDiscovererTest() : MechanismTest(joined(metric_families(), refresh_metric_families())) {}

  void SetUp() override {
    const std::string name = std::string("kubevitals-dns-") + std::to_string(::getpid());
    file_ = std::filesystem::temp_directory_path() / name;
    write_resolv_conf("nameserver 127.0.0.1\nsearch s\n");
  }

  void TearDown() override {
    stop_with_sockets();
    std::filesystem::remove(file_);
  }

  void write_resolv_conf(const std::string& text) { std::ofstream(file_) << text; }

  void start(std::vector<std::string> names) {
    Options options;
    options.names = std::move(names);
    MechanismTest::start(make_discoverer(options, context(), ResolverSettings{file_, server_.port(), 100ms}));
  }

  double lookups() { return counter("prometheus_sd_dns_lookups_total"); }
  double failures() { return counter("prometheus_sd_dns_lookup_failures_total"); }

  // Waits until so many names in all have been looked up, and what follows from it.
  Notes notes_after(double total) {
    run_until([&] { return lookups() == total; });
    io_.restart();
    io_.poll();
    return sink_.take();
  }

  // The next refresh.
  void next() { clock_.run_for(io_, 33s); }

  static std::string target(const std::string& name, const std::string& host, int port) {
    return " | __address__=" + host + ":" + std::to_string(port) +
           " __meta_dns_mx_record_target= __meta_dns_name=" + name +
           " __meta_dns_ns_record_target= __meta_dns_srv_record_port=" + std::to_string(port) +
           " __meta_dns_srv_record_target=" + host + ".";
  }

  FakeServer server_{io_};
  std::filesystem::path file_;
};

TEST_F(DnsDiscovererTest, KeepsTheGroupOfANameWhoseServersFail) {
  server_.answers()["a."].records = {srv_record("x.", 1)};
  server_.answers()["b."].records = {srv_record("y.", 2)};
  start({"a.", "b."});
  EXPECT_EQ(notes_after(2),
            (Notes{"update [a.:" + target("a.", "x", 1) + "] [b.:" + target("b.", "y", 2) + "]"}));

  server_.answers()["a."].code = 2;
  server_.answers()["b."].records = {srv_record("y.", 3)};
  next();
  const std::string failure = "failed cannot look up a.: Could not contact DNS servers";
  EXPECT_EQ(notes_after(4), (Notes{failure, "update [b.:" + target("b.", "y", 3) + "]", failure}));
  EXPECT_EQ(failures(), 1);

  server_.answers()["a."].code = 0;
  next();
  EXPECT_EQ(notes_after(6), (Notes{"recovered"}));
}

TEST_F(DnsDiscovererTest, RemovesTheTargetsOfANameThatIsGone) {
  server_.answers()["a.s."].records = {srv_record("x.", 1)};
  start({"a", "a"});
  EXPECT_EQ(notes_after(1), (Notes{"update [a:" + target("a", "x", 1) + "]"}));
  server_.answers().clear();
  next();
  EXPECT_EQ(notes_after(2), (Notes{"update [a:]"}));
  EXPECT_EQ(failures(), 0);
}

TEST_F(DnsDiscovererTest, AnswersAlsoWhenNothingIsKnownYet) {
  server_.answers()["a."].code = 2;
  server_.answers()["b."].code = 2;
  start({"a.", "b."});
  const std::string failure = "failed cannot look up a.: Could not contact DNS servers (and 1 more)";
  EXPECT_EQ(notes_after(2), (Notes{failure, "update", failure}));
}

TEST_F(DnsDiscovererTest, ReadsTheServersAnewEachTime) {
  std::filesystem::remove(file_);
  start({"a."});
  const Notes notes = notes_after(1);
  ASSERT_FALSE(notes.empty());
  EXPECT_TRUE(notes[0].starts_with("failed cannot find name servers: ")) << notes[0];
  EXPECT_EQ(failures(), 1);
  write_resolv_conf("nameserver 127.0.0.1\n");
  server_.answers()["a."].records = {srv_record("x.", 1)};
  next();
  EXPECT_EQ(notes_after(2), (Notes{"recovered", "update [a.:" + target("a.", "x", 1) + "]"}));
}

TEST_F(DnsDiscovererTest, EndsInTheMiddleOfALookup) {
  server_.answers()["a."].silent = true;
  start({"a."});
  bool asked = false;
  run_until([&] { return asked = asked || !server_.take_asked().empty(); });
  stop_with_sockets();
  EXPECT_EQ(sink_.take(), Notes{});
}

}  // namespace
}  // namespace kubevitals::discovery::dns
