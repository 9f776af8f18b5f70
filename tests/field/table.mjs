// What must become of each cell, and why: thought out from docs/origins.md before
// the code is asked. Where the code answers otherwise, one of them is wrong; the
// table is not bent. Two entries were reconsidered after an answer: what a launcher's
// and a webhook's server has started (detached helper) was first taken to part from
// its launch when that server was killed, not together with it.
//
//   end        what was lost in the event is ended by strayd, nothing else is,
//              and what lives on serves
//   hold WORD  what has lost its place lives on, and strayd says that word
//   managed    whatever of it lives is somebody's; strayd ends nothing
//   none       nothing of it lives on; strayd has nothing to end
//   n/a        there is no such event for this starter
//
// WORD is one of the reasons in include/strayd/core/verdict.h.

const cell = (expect, why) => ({ expect, why });
const absent = (why) => cell("n/a", why);

// PM2 runs a program that runs the server and ends with it.
const chain = {
  "wrapper killed": cell("end", "left by a signal; its launch is over, and the next one waits for the very port it holds"),
  "server killed": cell("managed", "the program above ends with its server, and PM2 launches both anew"),
  "daemon killed": cell("end", "the resurrected daemon has settled, and its launch of the same slot waits for the port"),
  stop: cell("none", "PM2 ends the whole tree"),
  restart: cell("managed", "PM2 ends the whole tree and launches another"),
  reload: cell("managed", "outside cluster mode PM2 restarts"),
  "delete+start": cell("end", "what lost its wrapper is of a launch that was deleted, and the next one serves on another port"),
  "scale down": cell("end", "what lost its wrapper is of the instance that an operator removed; the other instance is PM2's"),
  "crash at start": cell("none", "PM2 gives it up, and nothing of it lives"),
  "crash later": cell("managed", "the program above ends with its server, and PM2 launches both anew"),
  "detached helper": cell("end", "its parent was ended by a signal and its launch is over; the next has a helper that waits for its port"),
  "strayd restarted in the middle": cell("end", "origins are kept: the wrapper's end is the same to the strayd that comes after"),
  "strayd started after it": cell("end", "its cookie names the launch that is over, and it was not started to live on"),
};

// The program stays where its server ends, and waits for a change of a file.
const watcher = {
  ...chain,
  "server killed": cell("managed", "the watcher is PM2's, online, and waits for a change; nothing was lost"),
  "crash at start": cell("managed", "the watcher is PM2's and waits for a change; nothing was lost"),
  "crash later": cell("managed", "the watcher is PM2's and waits for a change; nothing was lost"),
  "detached helper": cell("hold same_generation", "left by a signal, but the launch that it is of lives on in the watcher"),
};

// What PM2 runs is the server; what it loses is a helper of the server's.
const direct = {
  "wrapper killed": absent("nothing stands between PM2 and the server"),
  "server killed": cell("managed", "PM2 launches it anew"),
  "daemon killed": cell("managed", "PM2's container in the process ends it with its daemon; the resurrected one is PM2's"),
  stop: cell("none", "PM2 ends it"),
  restart: cell("managed", "PM2 ends it and launches another"),
  reload: cell("managed", "outside cluster mode PM2 restarts"),
  "delete+start": cell("managed", "PM2 has ended the one before it starts the next"),
  "scale down": cell("managed", "PM2 ends the instance that it removes"),
  "crash at start": cell("none", "PM2 gives it up, and nothing of it lives"),
  "crash later": cell("managed", "PM2 launches it anew"),
  "detached helper": cell("end", "its parent was ended by a signal and its launch is over; the next has a helper that waits for its port"),
  "strayd restarted in the middle": cell("end", "origins are kept: it is the helper of a launch that is over"),
  "strayd started after it": cell("hold let_go", "it leads a session, and how its parent ended was not seen: it may have been let go"),
};

// A script of PM2's starts the server to outlive it, and ends by itself.
const launcher = {
  "wrapper killed": absent("the script has ended by itself when the server serves"),
  "server killed": cell("none", "PM2 runs nothing of it any more, and the server is dead"),
  "daemon killed": cell("hold let_go", "it was started to live on (nohup), and how its starter ended was not seen"),
  stop: cell("hold let_go", "PM2 had nothing to stop; it was started to live on"),
  restart: cell("hold let_go", "the newer launch found it serving and ended: it is the only copy, started to live on"),
  reload: cell("hold let_go", "the newer launch found it serving and ended: it is the only copy, started to live on"),
  "delete+start": cell("hold let_go", "the newer launch found it serving and ended, so there is no successor that serves"),
  "scale down": absent("PM2 runs no instance of it that could be taken away"),
  "crash at start": cell("none", "the server that it started has failed"),
  "crash later": cell("none", "PM2 runs nothing of it any more, and the server has failed"),
  "detached helper": cell("hold let_go", "it parted from its launch together with its parent, which was started to live on"),
  "strayd restarted in the middle": cell("hold let_go", "what was not seen stays so, over a restart of strayd, too"),
  "strayd started after it": cell("hold let_go", "it was started to live on (nohup), and how its starter ended was not seen"),
};

// An app that deploys services, each by a script that ends by itself.
const webhook = {
  "wrapper killed": cell("hold same_generation", "its script was killed, so it was left; but the launch that it is of is the living hook"),
  "server killed": cell("managed", "the service is dead, and the hook is PM2's"),
  "daemon killed": cell("hold let_go", "the hook let it go: that another hook runs now takes nothing from it"),
  stop: cell("hold let_go", "the hook let it go: it is no part of what was stopped"),
  restart: cell("hold let_go", "the hook let it go: it is no part of what was restarted"),
  reload: cell("hold let_go", "the hook let it go: it is no part of what was restarted"),
  "delete+start": cell("hold let_go", "the hook let it go: it is no part of what was deleted"),
  "scale down": absent("a hook has one instance: it listens on one port"),
  "crash at start": cell("none", "PM2 gives the hook up, and it has deployed nothing"),
  "crash later": cell("hold let_go", "the hook let it go before it crashed"),
  "detached helper": cell("hold let_go", "it parted from the hook together with the service, which the hook let go"),
  "strayd restarted in the middle": cell("hold let_go", "what was let go stays so, over a restart of strayd, too"),
  "strayd started after it": cell("hold let_go", "it was started to live on (nohup), and how its starter ended was not seen"),
};

// In no list of strayd's: any program above a server may be its supervisor.
const forever = {
  "wrapper killed": cell("end", "the monitor is dead, nobody is above the server, and nothing names it: a stray"),
  "server killed": cell("hold possible_supervisor", "the monitor has started another, and may own it"),
  "daemon killed": cell("end", "its own monitor is dead: a stray beside the server of a new monitor, which waits for its port"),
  stop: cell("none", "the monitor ends the server, and itself"),
  restart: cell("hold possible_supervisor", "the monitor has started another, and may own it"),
  reload: absent("forever knows no reload"),
  "delete+start": cell("hold possible_supervisor", "the server of the new monitor, which may own it; the old one was ended with its monitor"),
  "scale down": absent("a monitor keeps one server"),
  "crash at start": cell("none", "the monitor waits, tries again, gives it up and ends; between two servers it is as wanted as above one"),
  "crash later": cell("hold possible_supervisor", "the monitor has started another, and may own it"),
  "detached helper": cell("end", "its parent is dead, nobody is above it, and nothing names it: a stray"),
  "strayd restarted in the middle": cell("end", "a stray for the strayd that comes after as well: it had no origin"),
  "strayd started after it": cell("end", "nobody is above it, and nothing names it: a stray"),
};

// In strayd's list, so that what is below it has an origin that is no launch.
const supervisord = {
  "wrapper killed": cell("hold seen_below_supervisor", "it was supervisord's: of which program, and whether that is over, only supervisord knows"),
  "server killed": cell("managed", "npm ends with its server, and supervisord starts both anew"),
  "daemon killed": cell("hold seen_below_supervisor", "it was supervisord's, and no list of the new one says that it is replaced"),
  stop: cell("hold seen_below_supervisor", "without stopasgroup npm and its shell end and leave the server, which was supervisord's"),
  restart: cell("hold seen_below_supervisor", "without stopasgroup npm and its shell end and leave the server, which was supervisord's"),
  reload: cell("hold seen_below_supervisor", "without stopasgroup npm and its shell end and leave the server, which was supervisord's"),
  "delete+start": cell("hold seen_below_supervisor", "what lost its wrapper was supervisord's, whose answer nobody asks"),
  "scale down": absent("a program has the number of processes that its file says"),
  "crash at start": cell("none", "supervisord gives it up, and nothing of it lives"),
  "crash later": cell("managed", "npm ends with its server, and supervisord starts both anew"),
  "detached helper": cell("hold seen_below_supervisor", "it was supervisord's; that its parent was killed does not say that it is replaced"),
  "strayd restarted in the middle": cell("hold seen_below_supervisor", "origins are kept over a restart of strayd"),
  "strayd started after it": cell("end", "nobody is above it, nothing names it, and nothing tells that supervisord was: a stray"),
};

// Keeps what its pidfile names; nothing stands above the server.
const monit = {
  "wrapper killed": absent("the start script has ended by itself when the server serves"),
  "server killed": cell("hold pidfile", "monit has started another, which the pidfile names"),
  "daemon killed": cell("hold pidfile", "the pidfile names it, for the next monit as well"),
  stop: cell("none", "monit's stop script has ended it"),
  restart: cell("hold pidfile", "monit's scripts have ended it and started another, which the pidfile names"),
  reload: cell("hold pidfile", "monit reads its file again; the pidfile names it"),
  "delete+start": absent("monit forgets a service by another file: that is a reload"),
  "scale down": absent("a pidfile names one server"),
  "crash at start": cell("none", "the server that monit starts has failed, each time"),
  "crash later": cell("hold pidfile", "monit has started another, which the pidfile names"),
  "detached helper": cell("end", "its parent is dead, nobody is above it, and no pidfile names it: a stray"),
  "strayd restarted in the middle": cell("hold pidfile", "the pidfile names it"),
  "strayd started after it": cell("hold pidfile", "the pidfile names it"),
};

// In a terminal, in the background of a shell that lives on. strayd watches
// while it is typed.
const shell = {
  "wrapper killed": cell("end", "started by hand, and npm is dead: a stray"),
  "server killed": cell("none", "npm ends with its server"),
  "daemon killed": cell("end", "started by hand, and the shell is dead: a stray"),
  stop: cell("none", "npm ends its server"),
  restart: absent("who starts a server by hand once more has started another"),
  reload: absent("a shell knows no reload"),
  "delete+start": absent("who starts a server by hand once more has started another"),
  "scale down": absent("a shell counts no instances"),
  "crash at start": cell("none", "the server has failed, and npm with it"),
  "crash later": cell("none", "npm ends with its server"),
  "detached helper": cell("end", "its parent is dead, and nobody is above it: a stray"),
  "strayd restarted in the middle": cell("end", "started by hand: a stray for the strayd that comes after as well"),
  "strayd started after it": cell("end", "started by hand: a stray, also while its shell lives"),
};

// Told by the end of PM2's channel, it ends its server, and itself.
const goesAlong = {
  ...watcher,
  "daemon killed": cell("managed", "it ends its server and itself with its daemon; the resurrected launch is PM2's"),
};

const without = (row, more) => ({ ...row, ...more });

export const table = {
  "pm2 fork": direct,
  "pm2 cluster": without(direct, {
    "daemon killed": cell("managed", "a worker ends with its daemon; the resurrected ones are PM2's"),
    reload: cell("managed", "the old workers are the daemon's children until it has ended them"),
    "detached helper": cell("end", "the child of a killed worker, in the daemon's own session: its launch is over, the next waits for its port"),
    "strayd restarted in the middle": cell("end", "origins are kept: it is the child of a worker that is over"),
    "strayd started after it": cell("end", "its cookie names the launch that is over, and it leads no session"),
  }),
  "pm2-runtime": without(chain, {
    "wrapper killed": cell("end", "to be adopted by a PM2 is not to be owned: its launch is over, and the next one waits for its port"),
    "daemon killed": absent("it is pid 1: the kernel ends all of the container with it"),
  }),
  npm: chain,
  pnpm: chain,
  // It is there for as long as PM2's channel to it is open.
  yarn: without(watcher, {
    "server killed": cell("managed", "PM2's channel keeps yarn there when its server has ended; nothing was lost"),
    "crash at start": cell("managed", "PM2's channel keeps yarn there when its server has ended; nothing was lost"),
    "crash later": cell("managed", "PM2's channel keeps yarn there when its server has ended; nothing was lost"),
    "detached helper": cell("hold same_generation", "left by a signal, but the launch that it is of lives on in yarn"),
  }),
  bun: chain,
  npx: chain,
  turbo: chain,
  concurrently: chain,
  "nest start --watch": goesAlong,
  "tsc-watch": watcher,
  nodemon: goesAlong,
  "ts-node-dev": watcher,
  "node --watch": watcher,
  "tsx watch": watcher,
  forever,
  supervisord,
  monit,
  "a launcher script": launcher,
  "a webhook": webhook,
  "a shell by hand": shell,
};

// One of each kind, of programs that the end-to-end tests bring, too.
export const choice = [
  ["pm2 fork", "detached helper"],
  ["pm2 cluster", "reload"],
  ["pm2-runtime", "wrapper killed"],
  ["npm", "daemon killed"],
  ["npm", "delete+start"],
  ["concurrently", "scale down"],
  ["node --watch", "detached helper"],
  ["tsx watch", "wrapper killed"],
  ["a launcher script", "restart"],
  ["a webhook", "wrapper killed"],
  ["supervisord", "wrapper killed"],
  ["forever", "server killed"],
  ["monit", "restart"],
  ["a shell by hand", "strayd started after it"],
];
