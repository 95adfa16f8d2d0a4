#include "discovery/zookeeper/member.h"

#include <gtest/gtest.h>

#include "discovery/recording_sink.h"

namespace kubevitals::discovery::zookeeper {
namespace {

std::string serverset(std::string_view data) {
  const auto target = parse_serverset_member(data, "/s/m");
  return target ? show_labels(*target) : target.error().message.substr(0, 60);
}

std::string nerve(std::string_view data) {
  const auto target = parse_nerve_member(data, "/n/m");
  return target ? show_labels(*target) : target.error().message.substr(0, 60);
}

TEST(ServersetMember, HasItsEndpoints) {
  EXPECT_EQ(serverset(R"({"serviceEndpoint":{"host":"h","port":80},"status":"ALIVE","shard":3,
                          "additionalEndpoints":{"http-admin":{"host":"fd00::1","port":81}}})"),
            "__address__=h:80 __meta_serverset_endpoint_host=h"
            " __meta_serverset_endpoint_host_http_admin=fd00::1 __meta_serverset_endpoint_port=80"
            " __meta_serverset_endpoint_port_http_admin=81 __meta_serverset_path=/s/m"
            " __meta_serverset_shard=3 __meta_serverset_status=ALIVE");
}

TEST(ServersetMember, HasZeroForWhatIsMissing) {
  const std::string nothing =
      "__address__=:0 __meta_serverset_endpoint_host= __meta_serverset_endpoint_port=0"
      " __meta_serverset_path=/s/m __meta_serverset_shard=0 __meta_serverset_status=";
  EXPECT_EQ(serverset("{}"), nothing);
  EXPECT_EQ(serverset("null"), nothing);
  EXPECT_EQ(serverset(R"({"SERVICEENDPOINT":{"PORT":7},"other":[1]})").substr(0, 15), "__address__=:7 ");
}

TEST(ServersetMember, IsRefusedWhenMalformed) {
  EXPECT_EQ(serverset("").substr(0, 14), "no valid JSON:");
  EXPECT_EQ(serverset("{} {}").substr(0, 14), "no valid JSON:");
  EXPECT_EQ(serverset("[]"), "the document: expected an object");
  EXPECT_EQ(serverset(R"({"shard":"3"})"), "shard: expected an integer");
  EXPECT_EQ(serverset(R"({"additionalEndpoints":{"a":{"port":"x"}}})"),
            "additionalEndpoints.port: expected an integer");
}

TEST(NerveMember, HasItsEndpoint) {
  EXPECT_EQ(nerve(R"({"host":"h","port":80,"name":"i-1","weight":2})"),
            "__address__=h:80 __meta_nerve_endpoint_host=h __meta_nerve_endpoint_name=i-1"
            " __meta_nerve_endpoint_port=80 __meta_nerve_path=/n/m");
  EXPECT_EQ(nerve(R"({"host":"fd00::1"})").substr(0, 23), "__address__=[fd00::1]:0");
  EXPECT_EQ(nerve(R"({"host":7})"), "host: expected a string");
  EXPECT_EQ(nerve("x").substr(0, 14), "no valid JSON:");
}

}  // namespace
}  // namespace kubevitals::discovery::zookeeper
