// One order's page: a company's name is completed as it is typed.

import { completes } from "./completion.js";

for (const input of document.querySelectorAll("input[list=companies]")) completes(input, "companies", "/complaints/complete/");
