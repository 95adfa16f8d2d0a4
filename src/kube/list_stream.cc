#include "kube/list_stream.h"

#include "kube/list_parser.h"

namespace kubevitals::kube {

ListStream::ListStream(Encoding encoding, StreamLimits limits)
    : parser_(encoding == Encoding::kJson ? make_json_list_parser(limits)
                                          : make_protobuf_list_parser(limits)) {}
ListStream::ListStream(ListStream&&) noexcept = default;
ListStream& ListStream::operator=(ListStream&&) noexcept = default;
ListStream::~ListStream() = default;

void ListStream::feed(std::string_view chunk) {
  if (!parser_->failure) {
    parser_->buffer.append(chunk);
  }
}

Result<std::optional<std::string_view>> ListStream::next() {
  if (parser_->failure) {
    return *parser_->failure;
  }
  Result<std::optional<std::string_view>> item = parser_->next();
  if (!item) {
    parser_->failure = item.error();
  }
  return item;
}

Result<ListEnd> ListStream::finish() {
  const Result<std::optional<std::string_view>> rest = next();
  if (!rest) {
    return rest.error();
  }
  if (*rest) {
    return Error{ErrorCode::kInternal, "cannot finish the list: not all items were taken"};
  }
  return parser_->finish();
}

}  // namespace kubevitals::kube
