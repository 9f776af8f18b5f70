#include "strayd/web/http.h"

#include <zlib.h>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace strayd {
namespace {

using testing::HasSubstr;
using testing::Not;

std::string gunzip(const std::string& packed, std::size_t size) {
  std::string in = packed;
  std::string out(size, '\0');
  z_stream stream{};
  EXPECT_EQ(::inflateInit2(&stream, 15 + 16), Z_OK);
  stream.next_in = reinterpret_cast<Bytef*>(in.data());
  stream.avail_in = static_cast<uInt>(in.size());
  stream.next_out = reinterpret_cast<Bytef*>(out.data());
  stream.avail_out = static_cast<uInt>(out.size());
  EXPECT_EQ(::inflate(&stream, Z_FINISH), Z_STREAM_END);
  ::inflateEnd(&stream);
  return out;
}

TEST(Path, is_decoded_once) {
  EXPECT_EQ(decode_path("/metrics"), "/metrics");
  EXPECT_EQ(decode_path("/%6detrics"), "/metrics");
  EXPECT_EQ(decode_path("/a%2Fb"), "/a/b");
  EXPECT_EQ(decode_path("/%2541"), "/%41");
  EXPECT_EQ(decode_path("/a+b"), "/a+b");
  EXPECT_EQ(decode_path("/%ff"), "/\xff");
}

TEST(Path, with_a_nul_or_a_broken_escape_is_none) {
  for (const char* raw : {"/metrics%00",
                          "/%00",
                          "/%",
                          "/%4",
                          "/%zz",
                          "/%4g",
                          "/%-1",
                          "/%+1",
                          "/% 1",
                          "",
                          "*",
                          "metrics"}) {
    EXPECT_FALSE(decode_path(raw)) << raw;
  }
}

TEST(AcceptEncoding, is_understood_as_the_rfc_has_it) {
  EXPECT_TRUE(accepts_gzip("gzip"));
  EXPECT_TRUE(accepts_gzip("GZIP"));
  EXPECT_TRUE(accepts_gzip("br, gzip;q=0.5"));
  EXPECT_TRUE(accepts_gzip("deflate ,\tgzip ; q=0.001"));
  EXPECT_TRUE(accepts_gzip("x-gzip"));
  EXPECT_FALSE(accepts_gzip(nullptr));
  EXPECT_FALSE(accepts_gzip(""));
  EXPECT_FALSE(accepts_gzip("identity"));
  EXPECT_FALSE(accepts_gzip("gzip;q=0"));
  EXPECT_FALSE(accepts_gzip("gzip; Q=0.000"));
  EXPECT_FALSE(accepts_gzip("gzipped, not-gzip"));
  EXPECT_FALSE(accepts_gzip(",,;,"));
}

TEST(Gzip, gives_back_what_went_in) {
  std::string text;
  for (int i = 0; i < 5000; ++i) text += "strayd_scans_total 1\n";
  const auto packed = gzip(text);
  ASSERT_TRUE(packed);
  EXPECT_LT(packed.value().size(), text.size() / 10);
  EXPECT_EQ(gunzip(packed.value(), text.size()), text);
}

TEST(Head, says_what_keeps_a_browser_from_harm) {
  const std::string head =
      response_head({.content_type = "text/html; charset=utf-8"}, {});
  EXPECT_THAT(head,
              HasSubstr("Content-Security-Policy: default-src 'none'; "
                        "style-src 'unsafe-inline'\r\n"));
  EXPECT_THAT(head, HasSubstr("X-Content-Type-Options: nosniff\r\n"));
  EXPECT_THAT(head, HasSubstr("Cache-Control: no-store\r\n"));
  EXPECT_THAT(head, Not(HasSubstr("Access-Control")));
}

TEST(Head, begins_with_the_status_and_ends_with_an_empty_line) {
  const std::string head = response_head(
      {.status = 404}, {.reason = "Not Found", .now = 784111777, .length = 7});
  EXPECT_TRUE(head.starts_with("HTTP/1.1 404 Not Found\r\n"));
  EXPECT_TRUE(head.ends_with("\r\n\r\n"));
  EXPECT_THAT(head, HasSubstr("Content-Length: 7\r\n"));
  EXPECT_THAT(head, HasSubstr("Date: Sun, 06 Nov 1994 08:49:37 GMT\r\n"));
}

TEST(Head, tells_a_refused_client_how_to_come_in) {
  EXPECT_THAT(response_head({.status = 401}, {}),
              HasSubstr("WWW-Authenticate: Basic realm=\"strayd\""));
  EXPECT_THAT(response_head({.status = 405}, {}),
              HasSubstr("Allow: GET, HEAD\r\n"));
  EXPECT_THAT(response_head({.status = 200}, {}),
              Not(HasSubstr("WWW-Authenticate")));
}

}  // namespace
}  // namespace strayd
