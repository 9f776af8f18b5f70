// waiting.mjs with a title that it writes anew all the time, as gateways do that
// show how many sessions they have.
import "./waiting.mjs";

let sessions = 0;
const retitle = () => {
  process.title = `gateway: ${sessions++} sessions`;
};
retitle();
setInterval(retitle, 300);
