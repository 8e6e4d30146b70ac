import { openaiDialects } from './dialects/openai.ts';
import { conforms } from './suite.ts';

Object.values(openaiDialects).forEach(conforms);
