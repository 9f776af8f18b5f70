import "../serve.cjs";
