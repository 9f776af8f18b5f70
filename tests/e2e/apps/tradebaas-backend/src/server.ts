import { serve } from "../../lib/serve.mjs";

interface Settings {
  PORT: string;
  EXCHANGE_URL?: string;
}

serve(process.env as unknown as Settings);
