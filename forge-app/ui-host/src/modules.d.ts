declare module 'icons' {
  import type { ComponentType } from 'react';
  const icons: Record<string, ComponentType<{ label: string; color?: string; size?: string }>>;
  export default icons;
}
declare module '*.css';
