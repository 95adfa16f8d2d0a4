// For tests: bodies of lists and watches as an API server writes them.
#pragma once

#include <protozero/pbf_writer.hpp>
#include <string>
#include <string_view>
#include <vector>

namespace kubevitals::kube {

inline std::string protobuf_envelope(std::string_view api_version, std::string_view kind,
                                     std::string_view raw) {
  std::string type;
  protozero::pbf_writer type_writer(type);
  type_writer.add_string(1, api_version.data(), api_version.size());
  type_writer.add_string(2, kind.data(), kind.size());
  std::string unknown;
  protozero::pbf_writer writer(unknown);
  writer.add_message(1, type);
  writer.add_bytes(2, raw.data(), raw.size());
  writer.add_string(3, "");
  writer.add_string(4, "");
  return std::string("k8s\0", 4) + unknown;
}

inline std::string protobuf_list_meta(std::string_view version, std::string_view token,
                                      std::int64_t remaining) {
  std::string bytes;
  protozero::pbf_writer writer(bytes);
  writer.add_string(1, "");
  writer.add_string(2, version.data(), version.size());
  writer.add_string(3, token.data(), token.size());
  writer.add_int64(4, remaining);
  return bytes;
}

inline std::string protobuf_list(const std::vector<std::string>& items) {
  std::string list;
  protozero::pbf_writer writer(list);
  writer.add_message(1, protobuf_list_meta("42", "more", 7));
  for (const std::string& item : items) {
    writer.add_message(2, item);
  }
  return protobuf_envelope("v1", "PodList", list);
}

inline std::string watch_frame(const std::string& event) {
  std::string frame;
  for (int shift = 24; shift >= 0; shift -= 8) {
    frame += static_cast<char>(event.size() >> shift & 0xff);
  }
  return frame + event;
}

inline std::string protobuf_event(std::string_view type, const std::string& enveloped) {
  std::string extension;
  protozero::pbf_writer(extension).add_bytes(1, enveloped);
  std::string event;
  protozero::pbf_writer writer(event);
  writer.add_string(1, type.data(), type.size());
  writer.add_message(2, extension);
  return watch_frame(event);
}

inline std::string protobuf_status(std::int32_t code, const std::string& reason, const std::string& text) {
  std::string details;
  protozero::pbf_writer(details).add_int32(5, 3);
  std::string status;
  protozero::pbf_writer writer(status);
  writer.add_string(2, "Failure");
  writer.add_string(3, text);
  writer.add_string(4, reason);
  writer.add_message(5, details);
  writer.add_int32(6, code);
  return status;
}

}  // namespace kubevitals::kube
