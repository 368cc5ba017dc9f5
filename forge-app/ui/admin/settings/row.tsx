// The parts of one row of the editor, beside each other where there is room, else below each other.
import React, { type ReactElement } from 'react';
import { Box, Inline, xcss } from '@forge/react';

const PART = xcss({ width: '200px' });

export function Row({ parts }: { parts: ReactElement[] }) {
  return (
    <Inline space="space.100" rowSpace="space.100" shouldWrap alignBlock="end">
      {parts.map((part, at) => (
        <Box key={String(at)} xcss={PART}>
          {part}
        </Box>
      ))}
    </Inline>
  );
}
