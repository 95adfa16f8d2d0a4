#include "discovery/json_fields.h"

#include <gtest/gtest.h>

namespace kubevitals::discovery {
namespace {

// What a few members of each type read as, or the problem.
std::string read(std::string_view text) {
  const auto document = parse_json_document(text);
  if (!document) return document.error().message.substr(0, 13);
  std::string problem;
  JsonFields fields(*document, "", problem);
  std::string name = "-";
  std::int64_t port = -1;
  std::vector<std::string> tags;
  std::map<std::string, std::string> meta;
  fields.read("name", name);
  fields.read("Port", port);
  fields.read("tags", tags);
  fields.read("meta", meta);
  std::string inner = "-";
  fields.object("inner").read("name", inner);
  std::string list;
  for (JsonFields& item : fields.list("list")) {
    std::string id;
    item.read("id", id);
    list += id + ";";
  }
  for (auto& [key, item] : fields.objects("objects")) {
    std::string id;
    item.read("id", id);
    list += key + "=" + id + ";";
  }
  if (!problem.empty()) return problem;
  std::string result = name + " " + std::to_string(port) + " ";
  for (const std::string& tag : tags) result += tag + ",";
  for (const auto& [key, value] : meta) result += key + "=" + value + ",";
  return result + " " + inner + " " + list;
}

TEST(JsonFields, ReadMembersWithoutRegardToCase) {
  EXPECT_EQ(read(R"({"NAME":"a","port":7,"Tags":["x","y"],"meta":{"K":"v"},"inner":{"name":"b"}})"),
            "a 7 x,y,K=v, b ");
  EXPECT_EQ(read(R"({"list":[{"id":"1"},{},null],"objects":{"k":{"id":"2"}}})"), "- -1  - 1;;;k=2;");
}

TEST(JsonFields, LeaveAloneWhatIsMissingOrNull) {
  EXPECT_EQ(read("{}"), "- -1  - ");
  EXPECT_EQ(read("null"), "- -1  - ");
  EXPECT_EQ(read(R"({"name":null,"port":null,"tags":null,"meta":null,"inner":null,"list":null})"),
            "- -1  - ");
  EXPECT_EQ(read(R"({"other":[[{}]]})"), "- -1  - ");
}

TEST(JsonFields, RefuseOtherTypes) {
  EXPECT_EQ(read(R"({"name":1})"), "name: expected a string");
  EXPECT_EQ(read(R"({"port":"1"})"), "Port: expected an integer");
  EXPECT_EQ(read(R"({"port":1.0})"), "Port: expected an integer");
  EXPECT_EQ(read(R"({"port":9223372036854775808})"), "Port: expected an integer");
  EXPECT_EQ(read(R"({"tags":["a",1]})"), "tags: expected a string");
  EXPECT_EQ(read(R"({"tags":{}})"), "tags: expected a list of strings");
  EXPECT_EQ(read(R"({"meta":[]})"), "meta: expected an object of strings");
  EXPECT_EQ(read(R"({"inner":{"name":[]}})"), "inner.name: expected a string");
  EXPECT_EQ(read(R"({"inner":[]})"), "inner: expected an object");
  EXPECT_EQ(read("[]"), "the document: expected an object");
}

TEST(JsonFields, RefuseWhatIsNoDocument) {
  EXPECT_EQ(read(""), "no valid JSON");
  EXPECT_EQ(read("{} x"), "no valid JSON");
  EXPECT_EQ(read("{"), "no valid JSON");
  EXPECT_EQ(read(std::string(100'000, '[')), "no valid JSON");
}

}  // namespace
}  // namespace kubevitals::discovery
