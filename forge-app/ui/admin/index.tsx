// The admin page.
import React from 'react';
import { show } from '../shared/root';
import { ConnectionTab } from './connection';

show(<ConnectionTab />);
