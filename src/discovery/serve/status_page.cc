#include "discovery/serve/status_page.h"

#include <string_view>

#include "net/http_message.h"

namespace kubevitals::discovery {
namespace {

void append_html(std::string& out, std::string_view text) {
  for (const char c : text) {
    switch (c) {
      case '&':
        out.append("&amp;");
        break;
      case '<':
        out.append("&lt;");
        break;
      case '>':
        out.append("&gt;");
        break;
      case '"':
        out.append("&quot;");
        break;
      default:
        out += c;
    }
  }
}

void append_link(std::string& out, const std::string& address, std::string_view text) {
  out.append("<a href=\"");
  append_html(out, address);
  out.append("\">");
  append_html(out, text);
  out.append("</a>");
}

void append_state(std::string& out, const JobSnapshot& job) {
  bool first = true;
  const auto line = [&](const std::string& text) {
    if (!first) out.append("<br>");
    first = false;
    append_html(out, text);
  };
  for (const std::string& failed : job.failed_sources) line(failed);
  for (const JobSnapshot::Part& part : job.parts) {
    const ProviderSnapshot& provider = *part.provider;
    const std::string state = provider.error      ? provider.error->message
                              : provider.answered ? std::to_string(provider.targets) + " targets"
                                                  : std::string("has not answered yet");
    line(provider.name + ": " + state);
  }
}

void append_row(std::string& out, const JobSnapshot& job) {
  const std::string name = net::url_encode(job.spec->name);
  out.append("<tr><td>");
  append_html(out, job.spec->name);
  for (const std::uint64_t count : {job.counts.kept, job.counts.dropped, job.counts.failed}) {
    out.append("</td><td class=\"n\">").append(std::to_string(count));
  }
  out.append("</td><td>");
  append_state(out, job);
  out.append("</td><td>");
  append_link(out, "/sd/v1/jobs/" + name, "groups");
  out.append(" ");
  append_link(out, "/sd/v1/jobs/" + name + "?relabeled=true", "relabelled");
  out.append(" ");
  append_link(out, "/api/v1/targets?scrapePool=" + name, "targets");
  out.append("</td></tr>\n");
}

}  // namespace

std::string status_page(const Snapshot& snapshot, const std::string& version) {
  std::string page =
      "<!DOCTYPE html>\n<html lang=\"en\">\n<head><meta charset=\"utf-8\"><title>kubevitals "
      "discovery</title>\n"
      "<style>body{font:15px/1.5 sans-serif;margin:2em;max-width:75em}table{border-collapse:collapse}"
      "td,th{padding:.2em .8em;border-bottom:1px solid #ccc;text-align:left;vertical-align:top}"
      ".n{text-align:right}</style></head>\n<body>\n<h1>Discovery</h1>\n<p>kubevitals ";
  append_html(page, version);
  page.append(
      " &middot; <a href=\"/sd/v1/jobs?relabeled=true\">all targets</a> &middot; "
      "<a href=\"/api/v1/status/config\">configuration</a> &middot; <a href=\"/metrics\">own "
      "metrics</a></p>\n"
      "<form action=\"/api/v1/explain\">Why is <input name=\"address\" placeholder=\"10.0.0.1:8080\"> (not) "
      "a "
      "target of <select name=\"job\"><option value=\"\">any job</option>");
  for (const auto& job : snapshot.jobs) {
    page.append("<option>");
    append_html(page, job->spec->name);
    page.append("</option>");
  }
  page.append(
      "</select>? <button>Explain</button></form>\n<table>\n<tr><th>job</th><th class=\"n\">kept</th>"
      "<th class=\"n\">dropped</th><th class=\"n\">failed</th><th>mechanisms</th><th></th></tr>\n");
  for (const auto& job : snapshot.jobs) append_row(page, *job);
  page.append("</table>\n</body>\n</html>\n");
  return page;
}

}  // namespace kubevitals::discovery
