import "./serve.cjs";
