#include "discovery/dns/group.h"

#include <gtest/gtest.h>

#include "discovery/recording_sink.h"

namespace kubevitals::discovery::dns {
namespace {

std::string group(const std::vector<Record>& records, std::int64_t port = 80) {
  return show_group(*group_of("n", records, port));
}

TEST(DnsGroup, HasATargetForEachRecord) {
  const std::string rest = " __meta_dns_ns_record_target=";
  EXPECT_EQ(group({{RecordType::kSrv, "a.b.", 1}, {RecordType::kSrv, "c.", 2}}),
            "n: | __address__=a.b:1 __meta_dns_mx_record_target= __meta_dns_name=n" + rest +
                " __meta_dns_srv_record_port=1 __meta_dns_srv_record_target=a.b."
                " | __address__=c:2 __meta_dns_mx_record_target= __meta_dns_name=n" +
                rest + " __meta_dns_srv_record_port=2 __meta_dns_srv_record_target=c.");
  EXPECT_EQ(group({}), "n:");
}

TEST(DnsGroup, TakesThePortFromTheOptionsWhereTheRecordHasNone) {
  EXPECT_EQ(group({{RecordType::kMx, "m.x.", 0}}),
            "n: | __address__=m.x:80 __meta_dns_mx_record_target=m.x. __meta_dns_name=n"
            " __meta_dns_ns_record_target= __meta_dns_srv_record_port= __meta_dns_srv_record_target=");
  EXPECT_EQ(group({{RecordType::kNs, "ns.", 0}}, 9100),
            "n: | __address__=ns:9100 __meta_dns_mx_record_target= __meta_dns_name=n"
            " __meta_dns_ns_record_target=ns. __meta_dns_srv_record_port= __meta_dns_srv_record_target=");
}

TEST(DnsGroup, PutsBracketsAroundIpv6Addresses) {
  const std::string rest =
      " __meta_dns_mx_record_target= __meta_dns_name=n __meta_dns_ns_record_target="
      " __meta_dns_srv_record_port= __meta_dns_srv_record_target=";
  EXPECT_EQ(group({{RecordType::kAaaa, "::1", 0}}), "n: | __address__=[::1]:80" + rest);
  EXPECT_EQ(group({{RecordType::kA, "10.0.0.1", 0}}), "n: | __address__=10.0.0.1:80" + rest);
}

}  // namespace
}  // namespace kubevitals::discovery::dns
