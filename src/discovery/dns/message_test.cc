#include "discovery/dns/message.h"

#include <gtest/gtest.h>

#include "discovery/dns/fake_server.h"

namespace kubevitals::discovery::dns {
namespace {

// "code: type target port, ..." or the error.
std::string parsed(const std::string& bytes) {
  const auto message = parse_message(bytes);
  if (!message) return message.error().message;
  std::string text = std::to_string(message->code) + ":";
  for (const Record& record : message->records) {
    text += " " + std::to_string(static_cast<int>(record.type)) + " " + record.target + " " +
            std::to_string(record.port) + ",";
  }
  return text;
}

std::string parsed(int code, const std::vector<std::string>& records) {
  return parsed("id" + wire_answer("a.b.", 33, code, records));
}

std::string aaaa(const std::string& bytes) {
  return wire_record(RecordType::kAaaa, bytes);
}

TEST(DnsMessage, ReadsRecordsOfEveryType) {
  EXPECT_EQ(parsed(0, {srv_record("x.y.", 9100)}), "0: 33 x.y. 9100,");
  EXPECT_EQ(parsed(0, {mx_record("mail.")}), "0: 15 mail. 0,");
  EXPECT_EQ(parsed(0, {ns_record("ns1.z.")}), "0: 2 ns1.z. 0,");
  EXPECT_EQ(parsed(0, {a_record(std::string("\x0a\x00\x00\xff", 4))}), "0: 1 10.0.0.255 0,");
}

TEST(DnsMessage, ReadsTheCode) {
  EXPECT_EQ(parsed(0, {}), "0:");
  EXPECT_EQ(parsed(3, {}), "3:");
  EXPECT_EQ(parsed(2, {}), "2:");
}

TEST(DnsMessage, PassesOverAliasesAndWhatItDoesNotKnow) {
  EXPECT_EQ(parsed(0, {cname_record("other."), a_record("abcd"), wire_record(16, "\4text"),
                       wire_record(65280, ""), a_record("abce")}),
            "0: 1 97.98.99.100 0, 1 97.98.99.101 0,");
}

TEST(DnsMessage, PassesOverOtherClasses) {
  std::string chaos = a_record("abcd");
  chaos[5] = 3;
  EXPECT_EQ(parsed(0, {chaos}), "0:");
}

TEST(DnsMessage, WritesIpv6AddressesShort) {
  const std::string none(16, '\0');
  EXPECT_EQ(parsed(0, {aaaa(none)}), "0: 28 :: 0,");
  EXPECT_EQ(parsed(0, {aaaa(std::string(15, '\0') + "\x01")}), "0: 28 ::1 0,");
  EXPECT_EQ(parsed(0, {aaaa("\x20\x01\x0d\xb8" + std::string(12, '\0'))}), "0: 28 2001:db8:: 0,");
  EXPECT_EQ(parsed(0, {aaaa(std::string("\x20\x01\x0d\xb8\0\0\0\x01\0\0\0\0\0\0\0\x01", 16))}),
            "0: 28 2001:db8:0:1::1 0,");
  // A single group of zeros is written.
  EXPECT_EQ(parsed(0, {aaaa(std::string("\0\1\0\2\0\3\0\0\0\5\0\6\0\7\0\x8", 16))}),
            "0: 28 1:2:3:0:5:6:7:8 0,");
  EXPECT_EQ(parsed(0, {aaaa(std::string("\0\0\0\0\0\3\0\4\0\0\0\0\0\0\0\x8", 16))}), "0: 28 0:0:3:4::8 0,");
  // Go writes these as IPv4 addresses, and those of the older kind not.
  EXPECT_EQ(parsed(0, {aaaa(std::string(10, '\0') + "\xff\xff" + "abcd")}), "0: 28 97.98.99.100 0,");
  EXPECT_EQ(parsed(0, {aaaa(std::string(12, '\0') + "abcd")}), "0: 28 ::6162:6364 0,");
}

TEST(DnsMessage, FollowsPointersInNames) {
  const std::string pointer = "\xC0\x0C";
  EXPECT_EQ(parsed(0, {wire_record(RecordType::kNs, "\2ns" + pointer)}), "0: 2 ns.a.b. 0,");
  EXPECT_EQ(parsed(0, {wire_record(RecordType::kNs, pointer)}), "0: 2 a.b. 0,");
}

TEST(DnsMessage, RefusesPointersThatGoRoundOrOut) {
  // 12 bytes of head, 9 of the question, 12 of the record's head: the name is at 33.
  EXPECT_EQ(parsed(0, {wire_record(RecordType::kNs, "\xC0\x21")}), "a record whose data do not fit its type");
  EXPECT_EQ(parsed(0, {wire_record(RecordType::kNs, "\xFF\xFF")}), "a record whose data do not fit its type");
}

TEST(DnsMessage, EscapesWhatHasAMeaningInNames) {
  const std::string label("a.b\\ \"@\x01\xff", 9);
  const std::string name = '\x09' + label + '\0';
  EXPECT_EQ(parsed(0, {wire_record(RecordType::kNs, name)}), "0: 2 a\\.b\\\\\\ \\\"\\@\\001\\255. 0,");
  EXPECT_EQ(parsed(0, {ns_record(".")}), "0: 2 . 0,");
}

TEST(DnsMessage, RefusesDataOfAnotherSize) {
  const std::string cause = "a record whose data do not fit its type";
  EXPECT_EQ(parsed(0, {a_record("abc")}), cause);
  EXPECT_EQ(parsed(0, {a_record("abcde")}), cause);
  EXPECT_EQ(parsed(0, {aaaa("abcd")}), cause);
  EXPECT_EQ(parsed(0, {srv_record("x.", 1) + "y"}), "0: 33 x. 1,");  // after the last record
  EXPECT_EQ(parsed(0, {wire_record(RecordType::kNs, std::string("\1x\0y", 4))}), cause);
  EXPECT_EQ(parsed(0, {wire_record(RecordType::kNs, "\1x")}), cause);
}

TEST(DnsMessage, RefusesWhatBreaksOff) {
  const std::string whole = "id" + wire_answer("a.b.", 33, 0, {cname_record("c."), srv_record("x.y.", 1)});
  for (std::size_t size = 0; size < whole.size(); ++size) {
    EXPECT_FALSE(parse_message(std::string_view(whole).substr(0, size))) << size;
  }
  EXPECT_TRUE(parse_message(whole));
}

TEST(DnsMessage, RefusesQuestionsAndLongNames) {
  std::string question = "id" + wire_answer("a.b.", 33, 0, {});
  question[2] = 1;
  EXPECT_EQ(parsed(question), "a question where an answer was expected");
  const std::string label = '\x3f' + std::string(63, 'x');
  const std::string longest = label + label + label + '\x3d' + std::string(61, 'x') + '\0';
  EXPECT_EQ(longest.size(), 255u);
  EXPECT_TRUE(parse_message("id" + wire_answer("a.", 2, 0, {wire_record(RecordType::kNs, longest)})));
  const std::string longer = label + label + label + '\x3e' + std::string(62, 'x') + '\0';
  EXPECT_FALSE(parse_message("id" + wire_answer("a.", 2, 0, {wire_record(RecordType::kNs, longer)})));
  EXPECT_FALSE(parse_message("id" + wire_answer("a.", 2, 0, {wire_record(RecordType::kNs, "\x80x")})));
}

TEST(DnsRecordType, IsNamedInAnyCase) {
  EXPECT_EQ(record_type_named("srv"), RecordType::kSrv);
  EXPECT_EQ(record_type_named("Aaaa"), RecordType::kAaaa);
  EXPECT_EQ(record_type_named("TXT"), std::nullopt);
  EXPECT_EQ(record_type_named(""), std::nullopt);
}

}  // namespace
}  // namespace kubevitals::discovery::dns
