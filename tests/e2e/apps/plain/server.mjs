import { serve } from "../lib/serve.mjs";

// It fails when a test asks it to.
process.on("SIGUSR2", () => process.exit(3));

serve(process.env);
