#include "discovery/consul/publication.h"

#include <gtest/gtest.h>

#include "discovery/recording_sink.h"

namespace kubevitals::discovery::consul {
namespace {

using Notes = std::vector<std::string>;

const Error kError{ErrorCode::kUnavailable, "down"};

TargetGroupPtr group(const std::string& service, const std::string& address = "x") {
  return make_group(service, address);
}

class ConsulPublicationTest : public testing::Test {
 protected:
  RecordingSink sink_;
  Publication publication_{sink_};
};

TEST_F(ConsulPublicationTest, WaitsForAllAtTheStart) {
  publication_.begin({"a", "b"});
  publication_.found(group("a"));
  EXPECT_EQ(sink_.take(), Notes{});
  publication_.found(group("b"));
  EXPECT_EQ(sink_.take(), Notes{"update [a: | __address__=x] [b: | __address__=x]"});
  publication_.found(group("b"));
  EXPECT_EQ(sink_.take(), Notes{});
  publication_.found(group("b", "y"));
  EXPECT_EQ(sink_.take(), Notes{"update [b: | __address__=y]"});
}

TEST_F(ConsulPublicationTest, HasNothingToWaitForWithoutServices) {
  publication_.begin({});
  EXPECT_EQ(sink_.take(), Notes{"update"});
  publication_.found(group("a"));
  EXPECT_EQ(sink_.take(), Notes{"update [a: | __address__=x]"});
}

TEST_F(ConsulPublicationTest, DoesNotWaitForWhatFails) {
  publication_.begin({"a", "b"});
  publication_.failed("a", kError);
  publication_.found(group("b"));
  EXPECT_EQ(sink_.take(), (Notes{"failed down", "update [b: | __address__=x]", "failed down"}));
  publication_.found(group("a"));
  EXPECT_EQ(sink_.take(), Notes{"update [a: | __address__=x]"});
}

TEST_F(ConsulPublicationTest, SaysNothingWhenEverythingFails) {
  publication_.begin({"a", "b"});
  publication_.failed("a", kError);
  publication_.failed("b", kError);
  EXPECT_EQ(sink_.take(), (Notes{"failed down", "failed down"}));
  publication_.found(group("b"));
  EXPECT_EQ(sink_.take(), (Notes{"update [b: | __address__=x]", "failed down"}));
}

TEST_F(ConsulPublicationTest, RecoversWhenTheLastFailureIsGone) {
  publication_.begin({"a", "b"});
  publication_.found(group("a"));
  publication_.found(group("b"));
  publication_.failed("a", kError);
  publication_.failed("b", kError);
  sink_.take();
  publication_.worked("a");
  EXPECT_EQ(sink_.take(), Notes{});
  publication_.found(group("b"));
  EXPECT_EQ(sink_.take(), Notes{"recovered"});
}

TEST_F(ConsulPublicationTest, EmptiesTheGroupOfAServiceThatIsGone) {
  publication_.begin({"a", "b"});
  publication_.removed("a");
  publication_.found(group("b"));
  EXPECT_EQ(sink_.take(), Notes{"update [b: | __address__=x]"});
  publication_.failed("b", kError);
  sink_.take();
  publication_.removed("b");
  EXPECT_EQ(sink_.take(), Notes{"update [b:]"});
  publication_.removed("b");
  EXPECT_EQ(sink_.take(), Notes{});
}

TEST_F(ConsulPublicationTest, KnowsThatAllIsGoneBeforeAnythingAnswered) {
  publication_.begin({"a"});
  publication_.failed("a", kError);
  publication_.removed("a");
  EXPECT_EQ(sink_.take(), (Notes{"failed down", "update"}));
}

TEST_F(ConsulPublicationTest, TellsWhatFails) {
  EXPECT_EQ(publication_.failure_of("a"), nullptr);
  publication_.failed("a", kError);
  ASSERT_NE(publication_.failure_of("a"), nullptr);
  EXPECT_EQ(publication_.failure_of("a")->message, "down");
}

}  // namespace
}  // namespace kubevitals::discovery::consul
