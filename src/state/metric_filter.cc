#include "state/metric_filter.h"

#include <re2/re2.h>

#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>

#include <utility>

namespace kubevitals::state {
namespace {

// Names are short: an expression that needs more than this on one of them is a mistake or an attack.
constexpr std::uint32_t kMatchLimit = 1'000'000;

// As ECMAScript has them: "\u0041", "[]" that matches nothing, "$" at the very end only, references to groups
// that have not matched are empty.
constexpr std::uint32_t kEcmaScript =
    PCRE2_ALT_BSUX | PCRE2_ALLOW_EMPTY_CLASS | PCRE2_DOLLAR_ENDONLY | PCRE2_MATCH_UNSET_BACKREF;

Error cannot_compile(std::string_view expression, std::string_view cause) {
  return Error{ErrorCode::kInvalid,
               "cannot read the expression \"" + std::string(expression) + "\": " + std::string(cause)};
}

class EcmaExpression {
 public:
  static Result<EcmaExpression> compile(const std::string& text) {
    int code = 0;
    PCRE2_SIZE offset = 0;
    EcmaExpression expression;
    expression.text_ = text;
    expression.code_.reset(pcre2_compile(reinterpret_cast<PCRE2_SPTR>(text.data()), text.size(), kEcmaScript,
                                         &code, &offset, nullptr));
    if (!expression.code_) {
      PCRE2_UCHAR message[256] = {};
      pcre2_get_error_message(code, message, sizeof message);
      return cannot_compile(text, reinterpret_cast<const char*>(message));
    }
    expression.data_.reset(pcre2_match_data_create(1, nullptr));
    expression.context_.reset(pcre2_match_context_create(nullptr));
    pcre2_set_match_limit(expression.context_.get(), kMatchLimit);
    return expression;
  }

  Result<bool> matches(std::string_view name) const {
    const int result = pcre2_match(code_.get(), reinterpret_cast<PCRE2_SPTR>(name.data()), name.size(), 0, 0,
                                   data_.get(), context_.get());
    if (result == PCRE2_ERROR_NOMATCH) return false;
    if (result >= 0) return true;
    return Error{ErrorCode::kInvalid, "cannot match the expression \"" + text_ + "\" with " +
                                          std::string(name) + ": it takes too many steps"};
  }

 private:
  struct Free {
    void operator()(pcre2_code* code) const { pcre2_code_free(code); }
    void operator()(pcre2_match_data* data) const { pcre2_match_data_free(data); }
    void operator()(pcre2_match_context* context) const { pcre2_match_context_free(context); }
  };

  std::string text_;
  std::unique_ptr<pcre2_code, Free> code_;
  std::unique_ptr<pcre2_match_data, Free> data_;
  std::unique_ptr<pcre2_match_context, Free> context_;
};

}  // namespace

struct MetricFilter::Impl {
  bool is_allowlist = false;
  std::vector<EcmaExpression> expressions;
  std::vector<std::unique_ptr<RE2>> opt_in;
};

MetricFilter::MetricFilter() : impl_(std::make_unique<Impl>()) {}
MetricFilter::MetricFilter(MetricFilter&&) noexcept = default;
MetricFilter& MetricFilter::operator=(MetricFilter&&) noexcept = default;
MetricFilter::~MetricFilter() = default;

Result<MetricFilter> MetricFilter::create(const std::vector<std::string>& allow,
                                          const std::vector<std::string>& deny,
                                          const std::vector<std::string>& opt_in) {
  if (!allow.empty() && !deny.empty()) {
    return Error{ErrorCode::kInvalid,
                 "the allow-list and the deny-list of metrics exclude each other: set one"};
  }
  MetricFilter filter;
  filter.impl_->is_allowlist = !allow.empty();
  for (const std::string& text : allow.empty() ? deny : allow) {
    Result<EcmaExpression> expression = EcmaExpression::compile(text);
    if (!expression) return expression.error();
    filter.impl_->expressions.push_back(*std::move(expression));
  }
  for (const std::string& text : opt_in) {
    RE2::Options options;
    options.set_log_errors(false);
    auto expression = std::make_unique<RE2>(text, options);
    if (!expression->ok()) return cannot_compile(text, expression->error());
    filter.impl_->opt_in.push_back(std::move(expression));
  }
  return filter;
}

Result<bool> MetricFilter::enabled(const FamilyInfo& family) const {
  bool listed = false;
  for (const EcmaExpression& expression : impl_->expressions) {
    const Result<bool> matched = expression.matches(family.name);
    if (!matched) return matched.error();
    listed = listed || *matched;
  }
  if (listed != impl_->is_allowlist) return false;
  if (!family.opt_in) return true;
  for (const auto& expression : impl_->opt_in) {
    const re2::StringPiece name(family.name.data(), family.name.size());
    if (RE2::PartialMatch(name, *expression)) return true;
  }
  return false;
}

}  // namespace kubevitals::state
