#include "discovery/dns/lookup.h"

#include <gtest/gtest.h>

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <optional>

#include "discovery/dns/fake_server.h"

namespace kubevitals::discovery::dns {
namespace {

using namespace std::chrono_literals;
using Answers = std::vector<Result<std::vector<Record>>>;

std::string show(const Result<std::vector<Record>>& answer) {
  if (!answer) return std::string(to_string(answer.error().code)) + ": " + answer.error().message;
  std::string text;
  for (const Record& record : *answer) text += record.target + " " + std::to_string(record.port) + ",";
  return text;
}

class LookupTest : public testing::Test {
 protected:
  Servers servers() {
    Servers result;
    result.addresses = {"127.0.0.1"};
    result.port = server_.port();
    result.timeout = 100ms;
    return result;
  }

  std::vector<std::string> look_up_at(Servers servers, std::vector<Candidates> names) {
    std::optional<Answers> answers;
    auto work = look_up(io_.get_executor(), std::move(servers), std::move(names), type_);
    auto handler = [&](const std::exception_ptr& exception, Answers result) {
      EXPECT_FALSE(exception);
      answers = std::move(result);
      io_.stop();
    };
    asio::co_spawn(io_, std::move(work), asio::bind_cancellation_slot(cancel_.slot(), std::move(handler)));
    io_.restart();
    io_.run_for(20s);
    EXPECT_TRUE(answers) << "the lookup hangs";
    std::vector<std::string> texts;
    if (answers) {
      for (const auto& answer : *answers) texts.push_back(show(answer));
    }
    return texts;
  }

  std::string look_up_one(Candidates candidates) {
    std::vector<Candidates> names;
    names.push_back(std::move(candidates));
    const auto texts = look_up_at(servers(), std::move(names));
    return texts.size() == 1 ? texts[0] : std::to_string(texts.size()) + " answers";
  }

  void TearDown() override {
    io_.restart();
    io_.poll();
  }

  asio::io_context io_;
  FakeServer server_{io_};
  asio::cancellation_signal cancel_;
  RecordType type_ = RecordType::kSrv;
};

TEST_F(LookupTest, AsksOverUdpWithEdns) {
  server_.answers()["a.b. 33"].records = {srv_record("x.", 1), srv_record("y.", 2)};
  EXPECT_EQ(look_up_one({"a.b."}), "x. 1,y. 2,");
  EXPECT_EQ(server_.take_asked(), std::vector<std::string>{"udp a.b. 33 edns 4096"});
}

TEST_F(LookupTest, AsksOverTcpWhenAnAnswerIsCut) {
  server_.answers()["a."].truncated = true;
  for (unsigned i = 0; i < 2000; ++i) server_.answers()["a."].records.push_back(srv_record("x.", i));
  type_ = RecordType::kSrv;
  const std::string text = look_up_one({"a."});
  EXPECT_TRUE(text.starts_with("x. 0,x. 1,")) << text.substr(0, 100);
  EXPECT_TRUE(text.ends_with("x. 1999,"));
  const auto asked = server_.take_asked();
  ASSERT_EQ(asked.size(), 2u);
  EXPECT_TRUE(asked[1].starts_with("tcp a. 33"));
}

TEST_F(LookupTest, EndsWithTheFirstNameThatIsKnownEvenWithoutRecords) {
  server_.answers()["b."].records = {};
  server_.answers()["c."].records = {srv_record("x.", 1)};
  EXPECT_EQ(look_up_one({"a.", "b.", "c."}), "");
  EXPECT_EQ(server_.take_asked(), (std::vector<std::string>{"udp a. 33 edns 4096", "udp b. 33 edns 4096"}));
}

TEST_F(LookupTest, HasNoRecordsWhenNoNameExists) {
  EXPECT_EQ(look_up_one({"a.", "b."}), "");
  EXPECT_EQ(server_.take_asked().size(), 2u);
}

TEST_F(LookupTest, FailsWhenAServerFailsForOneNameAndKnowsNoOther) {
  server_.answers()["a."].code = 2;
  EXPECT_EQ(look_up_one({"a.", "b."}), "unavailable: cannot look up a.: Could not contact DNS servers");
}

TEST_F(LookupTest, GoesOnAfterAFailure) {
  server_.answers()["a."].code = 5;
  server_.answers()["b."].records = {srv_record("x.", 1)};
  EXPECT_EQ(look_up_one({"a.", "b."}), "x. 1,");
}

TEST_F(LookupTest, FailsOnOtherCodes) {
  server_.answers()["a."].code = 9;
  EXPECT_EQ(look_up_one({"a."}), "unavailable: cannot look up a.: the server answered with code 9");
}

TEST_F(LookupTest, FailsWhenNothingComes) {
  server_.answers()["a."].silent = true;
  EXPECT_EQ(look_up_one({"a."}), "timeout: cannot look up a.: Timeout while contacting DNS servers");
  EXPECT_EQ(server_.take_asked().size(), 2u);
}

TEST_F(LookupTest, AsksTheNextServerWhenOneIsSilent) {
  server_.answers()["a."].records = {srv_record("x.", 1)};
  Servers both = servers();
  both.addresses = {"127.0.0.2", "127.0.0.1"};  // nobody listens at the first
  std::vector<Candidates> names;
  names.push_back({"a."});
  EXPECT_EQ(look_up_at(both, std::move(names)), std::vector<std::string>{"x. 1,"});
}

TEST_F(LookupTest, LooksManyNamesUpAtTheSameTime) {
  std::vector<Candidates> names;
  std::vector<std::string> wanted;
  for (unsigned i = 0; i < 300; ++i) {
    const std::string name = "n" + std::to_string(i) + ".";
    names.push_back({"not-" + name, name});
    server_.answers()[name].records = {srv_record("x.", i)};
    wanted.push_back("x. " + std::to_string(i) + ",");
  }
  Servers patient = servers();
  patient.timeout = 10s;  // so many answers take a while on a busy machine
  EXPECT_EQ(look_up_at(patient, std::move(names)), wanted);
}

TEST_F(LookupTest, AsksPlainlyAServerThatDoesNotKnowEdns) {
  server_.know_edns(false);
  std::vector<Candidates> names;
  std::vector<std::string> wanted;
  for (unsigned i = 0; i < 10; ++i) {
    const std::string name = "n" + std::to_string(i) + ".";
    names.push_back({name});
    server_.answers()[name].records = {srv_record("x.", i)};
    wanted.push_back("x. " + std::to_string(i) + ",");
  }
  EXPECT_EQ(look_up_at(servers(), std::move(names)), wanted);
}

TEST_F(LookupTest, FailsOnAMalformedAnswer) {
  server_.answers()["a."].raw = wire_answer("a.", 33, 0, {a_record("abc")});
  EXPECT_EQ(look_up_one({"a."}),
            "invalid: cannot look up a.: the server sent a record whose data do not fit its type");
}

TEST_F(LookupTest, RefusesNamesThatAreNone) {
  const std::string label(64, 'x');
  EXPECT_EQ(look_up_one({label + "."}).substr(0, 8), "invalid:");
  EXPECT_EQ(look_up_one({"a..b."}).substr(0, 8), "invalid:");
}

TEST_F(LookupTest, NeedsAServer) {
  Servers none = servers();
  none.addresses = {"no-address", "fe80::1%1"};
  std::vector<Candidates> names;
  names.push_back({"a."});
  EXPECT_EQ(look_up_at(none, std::move(names)),
            std::vector<std::string>{"unavailable: cannot ask for names: there is no name server"});
  EXPECT_EQ(look_up_at(servers(), {}), std::vector<std::string>());
}

TEST_F(LookupTest, EndsWhenItIsCancelled) {
  server_.answers()["a."].silent = true;
  Servers patient = servers();
  patient.timeout = 1h;
  asio::steady_timer soon(io_, 20ms);
  soon.async_wait([&](const boost::system::error_code&) { cancel_.emit(asio::cancellation_type::all); });
  std::vector<Candidates> names;
  names.push_back({"a."});
  names.push_back({"b."});
  EXPECT_EQ(look_up_at(patient, std::move(names)),
            (std::vector<std::string>{"cancelled: cancelled", "cancelled: cancelled"}));
}

}  // namespace
}  // namespace kubevitals::discovery::dns
