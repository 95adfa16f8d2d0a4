// For tests: objects of any type T with random members, written as JSON and as protobuf in the many ways that
// stand for the same object. It goes by T::fields() like the decoders, but shares no code with them.
#pragma once

#include <algorithm>
#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <protozero/pbf_writer.hpp>
#include <random>
#include <string>
#include <string_view>
#include <tuple>
#include <type_traits>
#include <vector>

#include "base/rfc3339.h"
#include "kube/objects/meta.h"

namespace kubevitals::kube {

template <typename T>
struct IsOptional : std::false_type {};
template <typename T>
struct IsOptional<std::optional<T>> : std::true_type {};
template <typename T>
struct IsList : std::false_type {};
template <typename T>
struct IsList<std::vector<T>> : std::true_type {};

class RandomObjects {
 public:
  explicit RandomObjects(std::uint64_t seed) : random_(seed) {}

  // A random T; it lives as long as this.
  template <typename T>
  T make() {
    T object;
    fill(object);
    return object;
  }

  std::uint64_t below(std::uint64_t bound) { return random_() % bound; }
  bool chance(unsigned percent) { return below(100) < percent; }

  std::string_view text() {
    static constexpr std::string_view kPieces[] = {"a",    "pod-7", "/",    "\"", "\\",   "\n",  "\t",
                                                   "\x01", "é",     "漢字", "😀", "{",    "}",   "[",
                                                   "]",    ",",     ":",    " ",  "\x7f", "kube"};
    std::string made;
    for (std::uint64_t pieces = below(5); pieces > 0; --pieces) {
      made += kPieces[below(std::size(kPieces))];
    }
    return keep(std::move(made));
  }

 private:
  std::string_view keep(std::string made) { return strings_.emplace_back(std::move(made)); }

  void fill(std::string_view& value) { value = text(); }
  void fill(bool& value) { value = chance(50); }
  template <typename Int>
    requires std::is_integral_v<Int>
  void fill(Int& value) {
    static constexpr std::int64_t kOdd[] = {0, 1, -1, INT32_MAX, INT32_MIN, INT64_MAX, INT64_MIN, 127, 128};
    value =
        static_cast<Int>(chance(50) ? kOdd[below(std::size(kOdd))] : static_cast<std::int64_t>(below(1000)));
  }
  void fill(Time& value) {
    if (chance(70)) {
      value.seconds = Time::kZeroSeconds + static_cast<std::int64_t>(below(9'000ull * 365 * 86'400));
    }
  }
  void fill(IntOrString& value) {
    value.is_string = chance(50);
    if (value.is_string) {
      fill(value.string_value);
    } else {
      fill(value.int_value);
    }
  }
  void fill(StringMap& value) {
    fill_map(value, [&] { return text(); });
  }
  void fill(ResourceList& value) {
    static constexpr std::string_view kQuantities[] = {"0", "100m", "1Gi", "250", "1e3", "1.5", "-3"};
    fill_map(value, [&] { return kQuantities[below(std::size(kQuantities))]; });
  }
  template <typename Map, typename Make>
  void fill_map(Map& map, Make make_value) {
    std::map<std::string_view, std::string_view> sorted;
    for (std::uint64_t entries = below(4); entries > 0; --entries) {
      sorted[text()] = make_value();
    }
    map.assign(sorted.begin(), sorted.end());
  }
  template <typename Value>
  void fill(std::optional<Value>& value) {
    if (chance(60)) {
      fill(value.emplace());
    }
  }
  template <typename Value>
  void fill(std::vector<Value>& list) {
    for (std::uint64_t elements = below(4); elements > 0; --elements) {
      fill(list.emplace_back());
    }
  }
  template <typename T>
    requires requires { T::fields(); }
  void fill(T& object) {
    std::apply([&](const auto&... field) { (fill(object.*field.member), ...); }, T::fields());
  }

  std::mt19937_64 random_;
  std::deque<std::string> strings_;
};

// Writes objects as protobuf: members in any order, zero values left out or not, unknown fields between them;
// or canonically, as Go does: in order, with zero values.
class ProtobufWriter {
 public:
  explicit ProtobufWriter(RandomObjects& random, bool canonical = false)
      : random_(random), canonical_(canonical) {}

  template <typename T>
  std::string write(const T& object) {
    std::vector<std::string> pieces;
    std::apply(
        [&](const auto&... field) { (pieces.push_back(piece(field.number, object.*field.member)), ...); },
        T::fields());
    for (std::uint64_t unknown = canonical_ ? 0 : random_.below(3); unknown > 0; --unknown) {
      pieces.push_back(unknown_field());
    }
    return join(std::move(pieces));
  }

 private:
  static constexpr protozero::pbf_tag_type kUnknown = 1000;

  std::string join(std::vector<std::string> pieces) {
    for (std::size_t i = canonical_ ? 0 : pieces.size(); i > 1; --i) {
      std::swap(pieces[i - 1], pieces[random_.below(i)]);
    }
    std::string joined;
    for (const std::string& each : pieces) {
      joined += each;
    }
    return joined;
  }

  std::string unknown_field() {
    std::string bytes;
    protozero::pbf_writer writer(bytes);
    switch (random_.below(5)) {
      case 0:
        writer.add_uint64(kUnknown, UINT64_MAX);
        break;
      case 1:
        writer.add_fixed32(kUnknown, 7);
        break;
      case 2:
        writer.add_fixed64(kUnknown, 7);
        break;
      case 3:
        writer.add_string(kUnknown, std::string(random_.below(300), 'u'));
        break;
      default: {                               // a group within a group, which protozero does not write
        const std::string begin = "\xc3\x3e";  // 1000 << 3 | 3
        const std::string end = "\xc4\x3e";
        bytes = begin + begin + "\x08\x05" + end + end;
      }
    }
    return bytes;
  }

  template <typename Member>
  std::string piece(int number, const Member& member) {
    std::string bytes;
    protozero::pbf_writer writer(bytes);
    const auto tag = static_cast<protozero::pbf_tag_type>(number);
    if constexpr (IsOptional<Member>::value) {
      if (member) {
        add(writer, tag, *member);
      }
    } else if constexpr (std::is_same_v<Member, StringMap> || std::is_same_v<Member, ResourceList>) {
      add_map(bytes, tag, member, std::is_same_v<Member, ResourceList>);
    } else if constexpr (IsList<Member>::value) {
      for (const auto& element : member) {
        add(writer, tag, element);
      }
    } else if (!(member == Member{}) || canonical_ || random_.chance(50)) {
      add(writer, tag, member);
    }
    return bytes;
  }

  void add_map(std::string& bytes, protozero::pbf_tag_type tag,
               const std::vector<std::pair<std::string_view, std::string_view>>& map, bool quantities) {
    std::vector<std::string> entries;
    for (const auto& [key, value] : map) {
      std::string quantity;
      protozero::pbf_writer(quantity).add_string(1, value.data(), value.size());
      std::string entry;
      protozero::pbf_writer writer(entry);
      writer.add_string(1, key.data(), key.size());
      writer.add_string(2, quantities ? quantity : std::string(value));
      protozero::pbf_writer(entries.emplace_back()).add_message(tag, entry);
    }
    bytes = join(std::move(entries));
  }

  void add(protozero::pbf_writer& writer, protozero::pbf_tag_type tag, std::string_view value) {
    writer.add_string(tag, value.data(), value.size());
  }
  void add(protozero::pbf_writer& writer, protozero::pbf_tag_type tag, bool value) {
    writer.add_bool(tag, value);
  }
  void add(protozero::pbf_writer& writer, protozero::pbf_tag_type tag, std::int32_t value) {
    writer.add_int32(tag, value);
  }
  void add(protozero::pbf_writer& writer, protozero::pbf_tag_type tag, std::int64_t value) {
    writer.add_int64(tag, value);
  }
  void add(protozero::pbf_writer& writer, protozero::pbf_tag_type tag, const Time& value) {
    std::string bytes;
    protozero::pbf_writer time(bytes);
    if (!value.is_zero()) {
      if (value.seconds == 0 || random_.chance(20)) {
        time.add_int32(2, 0);  // whatever it is, it does not count
      }
      time.add_int64(1, value.seconds);
    }
    writer.add_message(tag, bytes);
  }
  void add(protozero::pbf_writer& writer, protozero::pbf_tag_type tag, const IntOrString& value) {
    std::string bytes;
    protozero::pbf_writer message(bytes);
    message.add_int64(1, value.is_string ? 1 : 0);
    message.add_int32(2, value.int_value);
    message.add_string(3, value.string_value.data(), value.string_value.size());
    writer.add_message(tag, bytes);
  }
  template <typename T>
    requires requires { T::fields(); }
  void add(protozero::pbf_writer& writer, protozero::pbf_tag_type tag, const T& value) {
    writer.add_message(tag, write(value));
  }

  RandomObjects& random_;
  bool canonical_;
};

// Writes objects as JSON: white space, escapes or none, zero values left out, null or given, unknown members
// between them.
class JsonWriter {
 public:
  explicit JsonWriter(RandomObjects& random) : random_(random) {}

  template <typename T>
  std::string write(const T& object) {
    return object_of(members(object));
  }

  std::string quote(std::string_view text) {
    std::string quoted = "\"";
    for (const char c : text) {
      const auto byte = static_cast<unsigned char>(c);
      if (byte < 0x20 || (byte < 0x80 && random_.chance(3))) {
        constexpr std::string_view kDigits = "0123456789abcdef";
        quoted.append("\\u00").append(1, kDigits[byte >> 4]).append(1, kDigits[byte & 15]);
      } else if (c == '"' || c == '\\') {
        quoted.append(1, '\\').append(1, c);
      } else {
        quoted += c;
      }
    }
    return quoted + "\"";
  }

 private:
  std::string space() {
    static constexpr std::string_view kSpaces[] = {"", "", "", " ", "\n", "\t \r\n"};
    return std::string(kSpaces[random_.below(std::size(kSpaces))]);
  }

  std::string object_of(std::vector<std::string> members) {
    for (std::size_t i = members.size(); i > 1; --i) {
      std::swap(members[i - 1], members[random_.below(i)]);
    }
    std::string text = "{" + space();
    for (std::size_t i = 0; i < members.size(); ++i) {
      text += (i > 0 ? "," + space() : "") + members[i] + space();
    }
    return text + "}";
  }

  std::string unknown_member() {
    static constexpr std::string_view kValues[] = {
        "null", "-12.5e3", "\"}]\\\"\"", "[]", "{}", "[{\"a\":[1,2,{\"b\":\"\\\\\"}]},true]",
    };
    return "\"unknown" + std::to_string(random_.below(100)) + "\"" + space() + ":" + space() +
           std::string(kValues[random_.below(std::size(kValues))]);
  }

  template <typename T>
  std::vector<std::string> members(const T& object) {
    std::vector<std::string> texts;
    std::apply([&](const auto&... field) { (add_member(texts, field, object.*field.member), ...); },
               T::fields());
    if (random_.chance(30)) {
      texts.push_back(unknown_member());
    }
    return texts;
  }

  template <typename Description, typename Member>
  void add_member(std::vector<std::string>& texts, const Description& field, const Member& member) {
    if constexpr (requires { Member::fields(); }) {
      if (field.kind == FieldKind::kInlineInJson) {
        std::ranges::move(members(member), std::back_inserter(texts));
        return;
      }
    }
    const std::string name = quote(field.json_name) + space() + ":" + space();
    if (member == Member{} && random_.chance(50)) {
      if (random_.chance(50)) {
        texts.push_back(name + "null");
      }
      return;
    }
    if constexpr (IsOptional<Member>::value) {
      if (member) {
        texts.push_back(name + value(*member));
      }
    } else {
      texts.push_back(name + value(member));
    }
  }

  std::string value(std::string_view text) { return quote(text); }
  std::string value(bool flag) { return flag ? "true" : "false"; }
  std::string value(std::int32_t number) { return std::to_string(number); }
  std::string value(std::int64_t number) { return std::to_string(number); }
  std::string value(const Time& time) { return quote(format_rfc3339(time.seconds)); }
  std::string value(const IntOrString& either) {
    return either.is_string ? quote(either.string_value) : std::to_string(either.int_value);
  }
  std::string value(const StringMap& map) {
    return map_of_texts(map, [&](std::string_view text) { return quote(text); });
  }
  std::string value(const ResourceList& map) {
    return map_of_texts(map, [&](std::string_view text) {
      const bool number = text.find_first_not_of("-0123456789.e") == std::string_view::npos;
      return number && random_.chance(50) ? std::string(text) : quote(text);
    });
  }
  template <typename Write>
  std::string map_of_texts(const std::vector<std::pair<std::string_view, std::string_view>>& map,
                           Write write_value) {
    std::vector<std::string> texts;
    for (const auto& [key, text] : map) {
      texts.push_back(quote(key) + space() + ":" + space() + write_value(text));
    }
    return object_of(std::move(texts));
  }
  template <typename Value>
  std::string value(const std::vector<Value>& list) {
    std::string text = "[" + space();
    for (std::size_t i = 0; i < list.size(); ++i) {
      text += (i > 0 ? "," + space() : "") + value(list[i]) + space();
    }
    return text + "]";
  }
  template <typename T>
    requires requires { T::fields(); }
  std::string value(const T& object) {
    return write(object);
  }

  RandomObjects& random_;
};

}  // namespace kubevitals::kube
