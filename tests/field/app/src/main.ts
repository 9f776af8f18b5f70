import "../diary.cjs";
import "reflect-metadata";
import { Controller, Get, Module } from "@nestjs/common";
import { NestFactory } from "@nestjs/core";

declare const process: any;

@Controller()
class Answers {
  @Get()
  who() {
    return { pid: process.pid };
  }

  @Get("exit")
  exit() {
    setTimeout(() => process.exit(1), 50);
    return {};
  }
}

@Module({ controllers: [Answers] })
class Root {}

async function listen() {
  const app = await NestFactory.create(Root, { logger: false });
  try {
    await app.listen(Number(process.env.PORT), "127.0.0.1");
  } catch {
    await app.close();
    setTimeout(listen, 500);
  }
}

listen();
