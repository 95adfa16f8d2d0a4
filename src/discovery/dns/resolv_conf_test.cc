#include "discovery/dns/resolv_conf.h"

#include <gtest/gtest.h>

namespace kubevitals::discovery::dns {
namespace {

std::string join(const std::vector<std::string>& texts) {
  std::string all;
  for (const std::string& text : texts) all.append(all.empty() ? "" : " ").append(text);
  return all;
}

// "servers | search | ndots"
std::string conf(std::string_view text) {
  const ResolvConf read = parse_resolv_conf(text);
  return join(read.servers) + " | " + join(read.search) + " | " + std::to_string(read.ndots);
}

std::string names(std::string_view text, std::string_view name) {
  return join(candidates(parse_resolv_conf(text), name));
}

TEST(ResolvConf, ReadsServersSearchAndNdots) {
  EXPECT_EQ(conf("nameserver 10.0.0.1\nnameserver\t::1 \r\nsearch a.b c\noptions timeout:1 ndots:5\n"),
            "10.0.0.1 ::1 | a.b c | 5");
  EXPECT_EQ(conf(""), " |  | 1");
}

TEST(ResolvConf, PassesOverWhatMakesNoSense) {
  EXPECT_EQ(conf("# nameserver 1.1.1.1\nnameserver\n;\n\nsortlist x\n  nameserver 2.2.2.2"),
            "2.2.2.2 |  | 1");
}

TEST(ResolvConf, LastOfDomainAndSearchCounts) {
  EXPECT_EQ(conf("search a b\ndomain c d\n"), " | c | 1");
  EXPECT_EQ(conf("domain c\nsearch a b\n"), " | a b | 1");
  EXPECT_EQ(conf("search a\nsearch\n"), " |  | 1");
}

TEST(ResolvConf, BoundsNdots) {
  EXPECT_EQ(conf("options ndots:99999999999"), " |  | 15");
  EXPECT_EQ(conf("options ndots:-3"), " |  | 0");
  EXPECT_EQ(conf("options ndots:x"), " |  | 0");
}

TEST(DnsCandidates, TriesANameWithFewDotsLast) {
  EXPECT_EQ(names("search a.b c", "x"), "x.a.b. x.c. x.");
  EXPECT_EQ(names("search a.b c", "x.y"), "x.y. x.y.a.b. x.y.c.");
  EXPECT_EQ(names("search c\noptions ndots:5", "x.y"), "x.y.c. x.y.");
  EXPECT_EQ(names("search c\noptions ndots:0", "x"), "x. x.c.");
}

TEST(DnsCandidates, KeepsANameWithAFinalDot) {
  EXPECT_EQ(names("search a.b c\noptions ndots:5", "x."), "x.");
}

TEST(DnsCandidates, TakesARootAsNoDomain) {
  EXPECT_EQ(names("search .", "x"), "x.");
  EXPECT_EQ(names("search c. .", "x.y"), "x.y. x.y.c.");
}

}  // namespace
}  // namespace kubevitals::discovery::dns
