#include "net/landing_page.h"

#include <string>
#include <utility>

namespace kubevitals::net {

ServerResponse landing_page(std::string_view title, std::string_view version,
                            const std::vector<Link>& links) {
  std::string page =
      "<!DOCTYPE html>\n<html lang=\"en\">\n<head><meta charset=\"utf-8\"><title>kubevitals</title></head>\n"
      "<body>\n<h1>kubevitals</h1>\n<p>";
  page.append(title).append(" (version ").append(version).append(")</p>\n<ul>\n");
  for (const Link& link : links) {
    page.append("<li><a href=\"").append(link.path).append("\">").append(link.text).append("</a></li>\n");
  }
  page.append("</ul>\n</body>\n</html>\n");
  return ServerResponse::text(200, std::move(page), "text/html; charset=utf-8");
}

}  // namespace kubevitals::net
