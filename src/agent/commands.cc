#include "strayd/agent/commands.h"

#include "strayd/report/render.h"

namespace strayd {
namespace {

std::string close(Scanner& scanner, const ControlPeer& peer) {
  const Breaker was = scanner.breaker();
  if (!was.open) return "ok " + breaker_text(was);
  const Result<void> closed =
      scanner.close_breaker("pid " + std::to_string(peer.pid) + " of user " +
                            std::to_string(peer.uid));
  if (!closed) return "error " + closed.error().what;
  return "ok " + breaker_text(scanner.breaker()) + " now; before that, " +
         breaker_text(was);
}

}  // namespace

std::string obey(Scanner& scanner,
                 const std::string& request,
                 const ControlPeer& peer) {
  if (request == kBreakerStatus) return "ok " + breaker_text(scanner.breaker());
  if (request == kBreakerClose) return close(scanner, peer);
  return "error this strayd does not know the request";
}

}  // namespace strayd
