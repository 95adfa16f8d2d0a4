// The hashes were made by Go's golang.org/x/crypto/bcrypt.
#include "net/bcrypt.h"

#include <gtest/gtest.h>

#include <string>

namespace kubevitals::net {
namespace {

constexpr std::string_view kSecret = "$2a$04$djaiNJkH76SntgsTf7b.P.7fQT9E/1aGIFFuThy5RPM43xwzqZ4jy";

std::string with(std::string_view hash, std::size_t at, std::string_view text) {
  return std::string(hash).replace(at, text.size(), text);
}

std::string refusal_of(std::string_view hash) {
  const auto checked = check_bcrypt_hash(hash);
  return checked ? "" : checked.error().message;
}

TEST(Bcrypt, FindsWhatGoHashed) {
  EXPECT_TRUE(bcrypt_matches("secret", kSecret));
  EXPECT_TRUE(bcrypt_matches("", "$2a$04$9i4rJ2h/NkwBmq1s0/RPKeurkFrvpls1jZeSIIVzuW9duTSI5FWo2"));
  EXPECT_TRUE(
      bcrypt_matches("p\u00e4ssw\u00f6rd", "$2a$04$Ll6oy/22mW0sU3XqxYElUu07TmgEgBYjLHb8r5DV6GNIRUcig4Fq6"));
  // libxcrypt's own $2a$ gives something else for some of these.
  EXPECT_TRUE(bcrypt_matches("\xff\xff\xa3", "$2a$04$GxKPeJ1TG2BFruCsNp8Pd.zu4mA8XSGQdmzpJhlqD3s23.jUoe4Oq"));
  EXPECT_TRUE(bcrypt_matches("\xa3", "$2a$04$oQC3tO/972IVebu8CIwfF.UPdsN.3TgldaPVTMJB6oWaHzfPtccKi"));
  EXPECT_TRUE(
      bcrypt_matches("\xff\xa3"
                     "34\xff\xff\xff\xa3"
                     "345",
                     "$2a$04$zhw8KJHlkAXa4Ujj0UiBVOuTlQmlwAkQXFOEhYlxBRXHjtD7Ut0/W"));
}

TEST(Bcrypt, KindsMeanTheSame) {
  EXPECT_TRUE(bcrypt_matches("secret", with(kSecret, 2, "b")));
  EXPECT_TRUE(bcrypt_matches("secret", with(kSecret, 2, "y")));
}

TEST(Bcrypt, RefusesOtherPasswords) {
  EXPECT_FALSE(bcrypt_matches("Secret", kSecret));
  EXPECT_FALSE(bcrypt_matches("", kSecret));
  EXPECT_FALSE(bcrypt_matches("secret ", kSecret));
  EXPECT_FALSE(bcrypt_matches(std::string_view("secret\0", 7), kSecret));
  EXPECT_FALSE(bcrypt_matches(std::string_view("secret\0more", 11), kSecret));
  EXPECT_FALSE(bcrypt_matches("secret", with(kSecret, 59, "z")));
  EXPECT_FALSE(bcrypt_matches("secret", "no hash"));
}

TEST(Bcrypt, SeventyTwoBytesCount) {
  const std::string_view hash = "$2a$04$H9/R/kipIMWTAKF8ks6FuuZ6W3DUcOKbieXhlym9SGmUyA2H8ioSq";
  EXPECT_TRUE(bcrypt_matches(std::string(72, 'a'), hash));
  EXPECT_TRUE(bcrypt_matches(std::string(100'000, 'a'), hash));
  EXPECT_FALSE(bcrypt_matches(std::string(71, 'a'), hash));
}

TEST(Bcrypt, HashesAreChecked) {
  const std::string kind = "expected a bcrypt hash, which begins with $2a$, $2b$ or $2y$";
  const std::string shape = "expected a bcrypt hash of 60 characters, such as htpasswd -B makes";
  EXPECT_EQ(refusal_of(kSecret), "");
  EXPECT_EQ(refusal_of(""), kind);
  EXPECT_EQ(refusal_of("doe"), kind);
  EXPECT_EQ(refusal_of(with(kSecret, 2, "x")), kind);
  EXPECT_EQ(refusal_of(std::string(kSecret) + "a"), shape);
  EXPECT_EQ(refusal_of(kSecret.substr(0, 59)), shape);
  EXPECT_EQ(refusal_of(with(kSecret, 30, "!")), shape);
  EXPECT_EQ(refusal_of(with(kSecret, 4, "-1")), shape);
  EXPECT_EQ(refusal_of(with(kSecret, 4, "1 ")), shape);
  EXPECT_EQ(refusal_of(with(kSecret, 4, "03")), "a bcrypt hash's cost must be 4 to 20, not 3");
  EXPECT_EQ(refusal_of(with(kSecret, 4, "31")), "a bcrypt hash's cost must be 4 to 20, not 31");
}

}  // namespace
}  // namespace kubevitals::net
