# waiting.mjs with a title as long as its arguments and its environment, which it
# writes over both, as Chrome's zygotes do.
use strict;
use warnings;
use IO::Socket::INET;

my $port = $ENV{HELPER_PORTS};
$0 = 'titled helper ' . 'x' x 100_000;
my $server;
until ($server = IO::Socket::INET->new(
  Listen => 16, LocalAddr => '127.0.0.1', LocalPort => $port, ReuseAddr => 1)) {
  sleep 1;
}
while (my $client = $server->accept) {
  while (my $line = <$client>) { last if $line eq "\r\n"; }
  print $client "HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n{\"pid\":$$}";
  close $client;
}
